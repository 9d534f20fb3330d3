//! Charts: packed, one call a chart.

/// What a chart shows, a value a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ChartMetric {
    /// Mean pain score, 0 to 10.
    PainMean,
    /// Stimulation time in minutes; the worse case where an end was not seen.
    StimulatedMinutes,
    /// Time upright in minutes.
    UprightMinutes,
    /// Time slouched in minutes.
    SlouchedMinutes,
    /// The share of the time held still, upright or not, that was upright, 0 to 1.
    UprightShare,
    /// Time worn in minutes.
    WornMinutes,
    /// Sessions begun.
    Sessions,
    /// How well the person slept, 0 to 10.
    SleepQuality,
    /// How long the person slept, in hours.
    SleepHours,
    /// Morning stiffness in minutes.
    StiffnessMinutes,
    /// The PEG score, 0 to 10.
    Peg,
    /// The Roland-Morris score, 0 to 24.
    RolandMorris,
}

impl From<ChartMetric> for lumbra::ChartMetric {
    fn from(metric: ChartMetric) -> Self {
        match metric {
            ChartMetric::PainMean => Self::PainMean,
            ChartMetric::StimulatedMinutes => Self::StimulatedMinutes,
            ChartMetric::UprightMinutes => Self::UprightMinutes,
            ChartMetric::SlouchedMinutes => Self::SlouchedMinutes,
            ChartMetric::UprightShare => Self::UprightShare,
            ChartMetric::WornMinutes => Self::WornMinutes,
            ChartMetric::Sessions => Self::Sessions,
            ChartMetric::SleepQuality => Self::SleepQuality,
            ChartMetric::SleepHours => Self::SleepHours,
            ChartMetric::StiffnessMinutes => Self::StiffnessMinutes,
            ChartMetric::Peg => Self::Peg,
            ChartMetric::RolandMorris => Self::RolandMorris,
        }
    }
}

/// One value for each day, the last is today.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Chart {
    /// The first day, in days since 1970-01-01 on the person's own calendar.
    pub first_day: i32,
    /// Little-endian 64-bit floating-point numbers, one a day; not a number where there is nothing, which is not zero.
    pub packed: Vec<u8>,
}

impl From<lumbra::Chart> for Chart {
    fn from(chart: lumbra::Chart) -> Self {
        Self { first_day: chart.first_day, packed: chart.values.iter().flat_map(|value| value.to_le_bytes()).collect() }
    }
}
