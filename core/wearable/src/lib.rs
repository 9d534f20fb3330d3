//! The wearable as software: firmware, body and faults
