//! The companion core: engine and facade
