//! The AudioSpecificConfig of AAC (ISO/IEC 14496-3, 1.6.2.1): what symphonia's decoder refuses
//! without saying why, read far enough to name it or to decode its core.

/// What an AudioSpecificConfig says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AacConfig {
    /// Audio object type of the core: 2 is AAC-LC.
    pub core_object_type: u8,
    /// Sample rate of the core, hertz; half of the output rate where SBR is in use.
    pub core_rate_hz: u32,
    /// Channel configuration of the core: 0 is described elsewhere, 7 stands for 8 channels.
    pub channel_config: u8,
    /// Spectral band replication is signalled (HE-AAC).
    pub sbr: bool,
    /// Parametric stereo is signalled (HE-AAC v2).
    pub ps: bool,
    /// Frames of 960 samples.
    pub short_frames: bool,
}

const RATES_HZ: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];

const OBJECT_TYPE_LC: u8 = 2;

struct Bits<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl Bits<'_> {
    fn take(&mut self, n_bits: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..n_bits {
            let byte = *self.bytes.get(self.pos / 8)?;
            value = (value << 1) | u32::from((byte >> (7 - self.pos % 8)) & 1);
            self.pos += 1;
        }
        Some(value)
    }

    fn object_type(&mut self) -> Option<u8> {
        let short = self.take(5)?;
        let object_type = if short == 31 { 32 + self.take(6)? } else { short };
        u8::try_from(object_type).ok()
    }

    fn rate_hz(&mut self) -> Option<u32> {
        match self.take(4)? {
            15 => self.take(24),
            idx => RATES_HZ.get(idx as usize).copied(),
        }
    }
}

impl AacConfig {
    /// Reads the first bytes of an AudioSpecificConfig; none where they make no sense.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bits = Bits { bytes, pos: 0 };
        let mut object_type = bits.object_type()?;
        let core_rate_hz = bits.rate_hz()?;
        let channel_config = u8::try_from(bits.take(4)?).ok()?;
        let (mut sbr, mut ps) = (false, false);
        if object_type == 5 || object_type == 29 {
            // Hierarchical signalling: what was read is the core's rate, what follows the output's.
            sbr = true;
            ps = object_type == 29;
            bits.rate_hz()?;
            object_type = bits.object_type()?;
        }
        let mut short_frames = false;
        if matches!(object_type, 1..=4) {
            short_frames = bits.take(1)? == 1;
            if bits.take(1)? == 1 {
                bits.take(14)?;
            }
            bits.take(1)?;
            if channel_config != 0 && !sbr {
                // Backward compatible signalling: a sync word behind the core's configuration.
                if let (Some(0x2b7), Some(5)) = (bits.take(11), bits.object_type())
                    && bits.take(1) == Some(1)
                {
                    sbr = true;
                    bits.rate_hz();
                    ps = bits.take(11) == Some(0x548) && bits.take(1) == Some(1);
                }
            }
        }
        Some(Self {
            core_object_type: object_type,
            core_rate_hz,
            channel_config,
            sbr,
            ps,
            short_frames,
        })
    }

    /// Number of channels of the core, where the configuration says it.
    pub(crate) fn n_channels(&self) -> Option<u16> {
        match self.channel_config {
            n @ 1..=6 => Some(u16::from(n)),
            7 => Some(8),
            _ => None,
        }
    }

    /// The usual name of what this is.
    pub(crate) fn name(&self) -> String {
        let profile = match self.core_object_type {
            _ if self.ps => "HE-AAC v2",
            _ if self.sbr => "HE-AAC",
            1 => "AAC Main",
            2 => "AAC",
            3 => "AAC-SSR",
            4 => "AAC-LTP",
            23 => "AAC-LD",
            36 => "MPEG-4 ALS",
            39 => "AAC-ELD",
            42 => "xHE-AAC (USAC)",
            _ => "an uncommon kind of AAC",
        };
        let frames = if self.short_frames {
            " with 960-sample frames"
        } else {
            ""
        };
        match self.n_channels() {
            Some(n) if n > 2 => format!("{profile}{frames} with {n} channels"),
            None => format!("{profile}{frames} with a channel layout of its own"),
            _ => format!("{profile}{frames}"),
        }
    }

    /// The core alone, as symphonia takes it; none where the core is not AAC-LC in mono or stereo.
    ///
    /// The lower half of the spectrum of HE-AAC is plain AAC-LC at half the rate, and the right
    /// channel of parametric stereo is derived from the left: for a transcript at 16 kHz mono the
    /// core is what matters.
    pub(crate) fn core_config(&self) -> Option<Vec<u8>> {
        let decodable = self.core_object_type == OBJECT_TYPE_LC
            && !self.short_frames
            && matches!(self.channel_config, 1 | 2);
        if !decodable {
            return None;
        }
        let channels = u64::from(self.channel_config);
        let bits: (u64, u32) = match RATES_HZ.iter().position(|rate| *rate == self.core_rate_hz) {
            Some(idx) => ((2 << 11) | ((idx as u64) << 7) | (channels << 3), 16),
            None => (
                ((2 << 35) | (15 << 31) | (u64::from(self.core_rate_hz) << 7) | (channels << 3)),
                40,
            ),
        };
        let bytes = (bits.0 << (64 - bits.1)).to_be_bytes();
        Some(bytes.into_iter().take(bits.1 as usize / 8).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_aac_passes_unchanged() {
        let config = AacConfig::parse(&[0x12, 0x10]).expect("AAC-LC, 44.1 kHz, stereo");
        assert_eq!(config.core_rate_hz, 44_100, "index 4 is 44.1 kHz");
        assert!(!config.sbr, "two bytes cannot signal SBR");
        assert_eq!(
            config.core_config().as_deref(),
            Some(&[0x12, 0x10][..]),
            "writing what was read gives the same bytes"
        );
        assert_eq!(config.name(), "AAC", "the common kind has the short name");
    }

    #[test]
    fn he_aac_is_recognised_in_both_signallings() {
        // Hierarchical: object type 5, core 22.05 kHz, mono, output 44.1 kHz, core AAC-LC.
        let hierarchical = AacConfig::parse(&[0x2b, 0x8a, 0x08, 0x00]).expect("HE-AAC");
        assert!(hierarchical.sbr, "object type 5 is SBR");
        assert_eq!(
            hierarchical.core_rate_hz, 22_050,
            "the core runs at half the rate"
        );
        // Backward compatible: AAC-LC 24 kHz stereo, then sync word 0x2b7.
        let compatible = AacConfig::parse(&[0x13, 0x10, 0x56, 0xe5, 0x98]).expect("HE-AAC");
        assert!(compatible.sbr, "the sync word announces SBR");
        assert_eq!(compatible.name(), "HE-AAC", "the user reads the usual name");
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let surround = AacConfig::parse(&[0x11, 0xb0]).expect("AAC-LC, 48 kHz, 5.1");
        assert_eq!(
            surround.name(),
            "AAC with 6 channels",
            "the reason is the channels"
        );
        assert_eq!(surround.core_config(), None, "5.1 is refused");
        assert_eq!(AacConfig::parse(&[]), None, "nothing says nothing");
    }
}
