//! What a session delivered, sample by sample, packed into one blob.

use crate::columns::{DecodeError, MAX_ROWS, Reader, put_column, put_varint};

const FORMAT: u8 = 1;

/// The most channels a sample may have.
pub const MAX_CHANNELS: usize = 4;

/// One channel at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelSample {
    /// The current asked for, in 0.1 mA.
    pub target_dma: u16,
    /// The current measured, peak, in 0.1 mA.
    pub delivered_dma: u16,
    /// How the pads sit: 0 unknown, 1 good, 2 poor, 3 off.
    pub contact: u8,
    /// Measured impedance in ohm; `None` = open or not measured.
    pub impedance_ohm: Option<u32>,
}

/// All channels at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelemetrySample {
    /// Milliseconds since the session's start.
    pub t_ms: u32,
    /// The channels, in order; as many in every sample of a session, at most [`MAX_CHANNELS`].
    pub channels: Vec<ChannelSample>,
}

/// Packs samples. Fails on more than [`MAX_ROWS`] samples, or when they differ in their number of channels.
pub fn encode(samples: &[TelemetrySample]) -> Result<Vec<u8>, DecodeError> {
    let channels = samples.first().map_or(0, |sample| sample.channels.len());
    if samples.len() > MAX_ROWS || channels > MAX_CHANNELS {
        return Err(DecodeError::TooMany);
    }
    if samples.iter().any(|sample| sample.channels.len() != channels) {
        return Err(DecodeError::OutOfRange("channel count"));
    }
    let mut blob = vec![FORMAT, u8::try_from(channels).map_err(|_| DecodeError::TooMany)?];
    put_varint(&mut blob, samples.len() as u64);
    // Samples come at a steady pace: the differences of their times are nearly constant, and a column of
    // them packs into runs.
    let mut last = 0;
    put_column(
        &mut blob,
        samples.iter().map(|sample| {
            let step = i64::from(sample.t_ms) - last;
            last = i64::from(sample.t_ms);
            step
        }),
    );
    let columns: [fn(&ChannelSample) -> i64; 4] = [
        |channel| channel.target_dma.into(),
        |channel| channel.delivered_dma.into(),
        |channel| channel.contact.into(),
        |channel| channel.impedance_ohm.map_or(0, |ohm| i64::from(ohm) + 1),
    ];
    for index in 0..channels {
        for column in columns {
            let values = samples.iter().filter_map(|sample| sample.channels.get(index));
            put_column(&mut blob, values.map(column));
        }
    }
    Ok(blob)
}

/// Unpacks samples.
pub fn decode(blob: &[u8]) -> Result<Vec<TelemetrySample>, DecodeError> {
    let mut reader = Reader::new(blob);
    reader.format(FORMAT)?;
    let channels = usize::from(reader.byte()?);
    if channels > MAX_CHANNELS {
        return Err(DecodeError::TooMany);
    }
    let rows = reader.rows()?;
    let mut samples = Vec::with_capacity(rows);
    let mut t_ms: i64 = 0;
    for step in reader.column::<i64>(rows, "time")? {
        t_ms = t_ms.checked_add(step).ok_or(DecodeError::OutOfRange("time"))?;
        samples.push(TelemetrySample {
            t_ms: u32::try_from(t_ms).map_err(|_| DecodeError::OutOfRange("time"))?,
            channels: Vec::with_capacity(channels),
        });
    }
    for _ in 0..channels {
        let targets = reader.column(rows, "target")?;
        let delivered = reader.column(rows, "delivered current")?;
        let contacts = reader.column(rows, "contact")?;
        let impedances = reader.column::<u64>(rows, "impedance")?;
        let values = targets.into_iter().zip(delivered).zip(contacts).zip(impedances);
        for (sample, (((target_dma, delivered_dma), contact), impedance)) in samples.iter_mut().zip(values) {
            let impedance_ohm = impedance.checked_sub(1).map(u32::try_from).transpose();
            sample.channels.push(ChannelSample {
                target_dma,
                delivered_dma,
                contact,
                impedance_ohm: impedance_ohm.map_err(|_| DecodeError::OutOfRange("impedance"))?,
            });
        }
    }
    reader.end()?;
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn samples() -> impl Strategy<Value = Vec<TelemetrySample>> {
        let channel = (any::<u16>(), any::<u16>(), 0_u8..4, any::<Option<u32>>()).prop_map(
            |(target_dma, delivered_dma, contact, impedance_ohm)| ChannelSample {
                target_dma,
                delivered_dma,
                contact,
                impedance_ohm,
            },
        );
        (0..=MAX_CHANNELS).prop_flat_map(move |channels| {
            let sample = (any::<u32>(), prop::collection::vec(channel.clone(), channels));
            prop::collection::vec(sample.prop_map(|(t_ms, channels)| TelemetrySample { t_ms, channels }), 0..60)
        })
    }

    proptest! {
        #[test]
        fn samples_come_back(samples in samples()) {
            prop_assume!(!samples.is_empty());
            prop_assert_eq!(decode(&encode(&samples).unwrap()).unwrap(), samples);
        }

        #[test]
        fn made_up_blobs_never_panic(blob in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&blob);
        }

        #[test]
        fn damage_never_panics(samples in samples(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut blob = encode(&samples).unwrap();
            let at = at.index(blob.len());
            blob[at] = byte;
            let _ = decode(&blob);
            prop_assert!(decode(&blob[..at]).is_err());
        }
    }

    #[test]
    fn a_steady_session_is_small() {
        let steady: Vec<_> = (0..1_800)
            .map(|second| TelemetrySample {
                t_ms: second * 1_000,
                channels: vec![
                    ChannelSample {
                        target_dma: 123,
                        delivered_dma: 122,
                        contact: 1,
                        impedance_ohm: Some(900)
                    };
                    2
                ],
            })
            .collect();
        let blob = encode(&steady).unwrap();
        assert!(blob.len() < 64, "{}", blob.len());
        assert_eq!(decode(&blob).unwrap(), steady);
    }

    #[test]
    fn a_small_blob_cannot_claim_much() {
        let mut bomb = vec![FORMAT, 4];
        put_varint(&mut bomb, MAX_ROWS as u64 + 1);
        bomb.extend([0, 0xff, 0xff, 0xff, 0x7f]);
        assert_eq!(decode(&bomb), Err(DecodeError::TooMany));
    }

    #[test]
    fn samples_of_one_session_have_the_same_channels() {
        let sample = |channels| TelemetrySample { t_ms: 0, channels: vec![ChannelSample::default(); channels] };
        assert_eq!(encode(&[sample(1), sample(2)]), Err(DecodeError::OutOfRange("channel count")));
        assert_eq!(encode(&[sample(5)]), Err(DecodeError::TooMany));
    }
}
