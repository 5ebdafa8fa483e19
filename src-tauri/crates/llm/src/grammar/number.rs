//! Numbers in decimal digits without an exponent, held to a range digit by digit: a digit after
//! which no number of the range can follow is not allowed.

/// Decimals of a number that need not be whole.
pub(super) const MAX_DECIMALS: u32 = 6;

/// Bounds of a number, both allowed, in units of its last decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberRange {
    pub low: i64,
    pub high: i64,
    /// Zero for whole numbers.
    pub n_decimals: u32,
}

/// What was written of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct NumberState {
    is_negative: bool,
    /// All digits so far, as if there were no point.
    digits: u64,
    n_integer_digits: u8,
    /// None before the point.
    n_decimals: Option<u8>,
}

impl NumberState {
    /// The state after one more byte, or none where it does not lead to a number of the range.
    pub fn step(self, range: &NumberRange, byte: u8) -> Option<Self> {
        let mut next = self;
        match byte {
            b'-' if !self.is_negative && self.n_integer_digits == 0 => next.is_negative = true,
            b'.' if range.n_decimals > 0 && self.n_integer_digits > 0 && self.n_decimals.is_none() => {
                next.n_decimals = Some(0);
            }
            b'0'..=b'9' => {
                next.digits = self.digits.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                match &mut next.n_decimals {
                    Some(n) if u32::from(*n) < range.n_decimals => *n += 1,
                    Some(_) => return None,
                    // No digit follows a leading zero.
                    None if self.n_integer_digits > 0 && self.digits == 0 => return None,
                    None => next.n_integer_digits += 1,
                }
            }
            _ => return None,
        }
        next.leads_into(range).then_some(next)
    }

    /// Whether the number may end here.
    pub fn is_complete(self, range: &NumberRange) -> bool {
        let (low, high) = self.magnitudes(range);
        let unit = 10_u128.pow(range.n_decimals - self.n_decimals.map_or(0, u32::from));
        let magnitude = u128::from(self.digits) * unit;
        self.n_integer_digits > 0 && self.n_decimals != Some(0) && (low..=high).contains(&magnitude)
    }

    /// Ends the number in a short way.
    pub fn close(mut self, range: &NumberRange, out: &mut Vec<u8>) {
        while !self.is_complete(range) {
            let mut steps = b"0123456789-."
                .iter()
                .filter_map(|&byte| Some((byte, self.step(range, byte)?)));
            let last = steps.clone().find(|(_, state)| state.is_complete(range));
            // There always is one: no state is entered that leads nowhere.
            let Some((byte, state)) = last.or_else(|| steps.next()) else {
                break;
            };
            out.push(byte);
            self = state;
        }
    }

    /// What the number may be without its sign. `-0` is not written, so a negative number is not zero.
    fn magnitudes(self, range: &NumberRange) -> (u128, u128) {
        let at_least = |bound: i64, least: u128| u128::try_from(bound).unwrap_or(0).max(least);
        if self.is_negative {
            // An empty range where there are no negative numbers.
            (at_least(-range.high, 1), at_least(-range.low, 0))
        } else if range.high < 0 {
            (1, 0)
        } else {
            (at_least(range.low, 0), at_least(range.high, 0))
        }
    }

    fn leads_into(self, range: &NumberRange) -> bool {
        let (low, high) = self.magnitudes(range);
        if low > high || self.n_integer_digits == 0 {
            return low <= high;
        }
        let digits = u128::from(self.digits);
        if let Some(n_decimals) = self.n_decimals {
            let unit = 10_u128.pow(range.n_decimals - u32::from(n_decimals));
            return digits * unit <= high && low < (digits + 1) * unit;
        }
        // With no more integer digits, one, two and so on.
        let mut unit = 10_u128.pow(range.n_decimals);
        while digits * unit <= high {
            if low < (digits + 1) * unit {
                return true;
            }
            if digits == 0 {
                return false;
            }
            unit *= 10;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(range: &NumberRange, text: &str) -> bool {
        text.bytes()
            .try_fold(NumberState::default(), |state, byte| state.step(range, byte))
            .is_some_and(|state| state.is_complete(range))
    }

    #[test]
    fn whole_numbers_of_a_range_and_no_others() {
        for (low, high) in [(0, 0), (3, 12), (-5, 5), (-120, -7), (98, 1_204), (0, 9)] {
            let range = NumberRange {
                low,
                high,
                n_decimals: 0,
            };
            for number in -1_500..1_500 {
                assert_eq!(
                    accepts(&range, &number.to_string()),
                    (low..=high).contains(&number),
                    "{number} in {low}..={high}"
                );
            }
            for text in ["", "-", "-0", "00", "01", "1.0", "1e3", "+1"] {
                assert!(
                    !accepts(&range, text),
                    "{text:?} is no whole number in its one spelling"
                );
            }
            let mut closed = Vec::new();
            NumberState::default().close(&range, &mut closed);
            let closed = String::from_utf8(closed).expect("digits are text");
            assert!(
                accepts(&range, &closed),
                "{closed} closes a number of {low}..={high}"
            );
        }
    }

    #[test]
    fn decimals_end_after_six() {
        let range = NumberRange {
            low: -500_000,
            high: 1_000_000,
            n_decimals: MAX_DECIMALS,
        };
        for text in ["0", "1", "-0.5", "0.25", "0.000001", "1.0", "-0.000001", "0.0"] {
            assert!(accepts(&range, text), "{text} lies between -0.5 and 1");
        }
        for text in [
            "-0.6",
            "1.000001",
            "2",
            "0.0000001",
            "0.",
            ".5",
            "-0",
            "-0.0",
            "-1",
        ] {
            assert!(!accepts(&range, text), "{text} does not, or is spelled otherwise");
        }
    }

    #[test]
    fn no_state_leads_nowhere() {
        let range = NumberRange {
            low: 5_200_000,
            high: 5_300_000,
            n_decimals: MAX_DECIMALS,
        };
        let mut states = vec![NumberState::default()];
        for _ in 0..8 {
            states = states
                .iter()
                .flat_map(|state| {
                    b"0123456789-."
                        .iter()
                        .filter_map(|&byte| state.step(&range, byte))
                })
                .take(500)
                .collect();
            for state in &states {
                let mut state = *state;
                let mut closed = Vec::new();
                state.close(&range, &mut closed);
                for byte in closed {
                    state = state.step(&range, byte).expect("what closes a number is allowed");
                }
                assert!(state.is_complete(&range), "{state:?} is a number of the range");
            }
        }
    }
}
