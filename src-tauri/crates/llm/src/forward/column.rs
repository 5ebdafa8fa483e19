//! What the weights are multiplied with: one token's values, rounded to eight bits in groups of 32 for
//! quantised weights, as they are for weights in floats.

/// Values that share a scale.
pub(crate) const GROUP: usize = 32;

/// One token's values before a matrix. `values[i]` is about `scales[i / 32] * weights[i]`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub values: Vec<f32>,
    pub bytes: Vec<i8>,
    pub scales: Vec<f32>,
    /// Of each group the sum of its rounded values: what a group's min is multiplied with.
    pub sums: Vec<f32>,
    /// The same for each half group.
    pub half_sums: Vec<f32>,
}

impl Column {
    /// Makes room for `n` values, which the caller writes before it calls for rounding.
    pub fn resize(&mut self, n: usize) {
        let n_groups = n / GROUP;
        self.values.resize(n, 0.0);
        self.bytes.resize(n_groups * GROUP, 0);
        self.scales.resize(n_groups, 0.0);
        self.sums.resize(n_groups, 0.0);
        self.half_sums.resize(n_groups * 2, 0.0);
    }

    /// Rounds the values; inlined, so that each caller gets it compiled for its own instructions.
    #[inline(always)]
    pub fn round(&mut self) {
        let groups = self
            .values
            .chunks_exact(GROUP)
            .zip(self.bytes.chunks_exact_mut(GROUP));
        for (i, (values, bytes)) in groups.enumerate() {
            let mut largest = [0.0_f32; 8];
            for part in values.chunks_exact(8) {
                for (largest, value) in largest.iter_mut().zip(part) {
                    *largest = largest.max(value.abs());
                }
            }
            let largest = largest.iter().fold(0.0_f32, |a, &b| a.max(b));
            let scale = largest / 127.0;
            let factor = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            // Adding and taking away this number rounds to the nearest whole one.
            const ROUND: f32 = 12_582_912.0;
            for (byte, value) in bytes.iter_mut().zip(values) {
                // A cast to i8 saturates, which takes several instructions; the bits of the sum
                // already hold the whole number.
                *byte = (value * factor + ROUND).to_bits() as i8;
            }
            let sum = |half: &[i8]| half.iter().map(|&byte| i32::from(byte)).sum::<i32>() as f32;
            let (first, second) = bytes.split_at(GROUP / 2);
            let (first, second) = (scale * sum(first), scale * sum(second));
            self.scales[i] = scale;
            self.half_sums[2 * i] = first;
            self.half_sums[2 * i + 1] = second;
            self.sums[i] = first + second;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_keeps_each_value_within_half_a_step() {
        let mut column = Column::default();
        column.resize(64);
        for (i, value) in column.values.iter_mut().enumerate() {
            *value = if i < 32 { (i as f32 - 13.3) * 0.37 } else { 0.0 };
        }
        column.round();
        for i in 0..64 {
            let scale = column.scales[i / GROUP];
            let back = scale * f32::from(column.bytes[i]);
            assert!(
                (back - column.values[i]).abs() <= scale * 0.501,
                "value {i}: {back} for {}",
                column.values[i]
            );
        }
        assert_eq!(
            column.scales[1], 0.0,
            "a group of zeros has no scale and no fault"
        );
        let sum: f32 = (0..32)
            .map(|i| column.scales[0] * f32::from(column.bytes[i]))
            .sum();
        assert!(
            (column.sums[0] - sum).abs() < 1e-3,
            "the sum is of rounded values"
        );
        assert!(
            (column.half_sums[0] + column.half_sums[1] - sum).abs() < 1e-3,
            "the halves add up"
        );
    }
}
