use super::*;

/// Numbers between -1 and 1 that look like nothing.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(n).collect()
}

fn rows(n: usize, seed: u32) -> Vec<Row> {
    let values = noise(n * DEPTH, seed);
    values.as_chunks().0.to_vec()
}

fn panel(depth: usize, seed: u32) -> Vec<Wide> {
    let values = noise(depth * WIDTH, seed);
    values.as_chunks().0.iter().map(|values| Wide(*values)).collect()
}

#[test]
fn every_processor_multiplies_alike() {
    for kernels in available() {
        for n_rows in (1..=31).chain([56]) {
            for depth in [1, 7, 40, DEPTH] {
                let (rows, panel) = (rows(n_rows, 1), panel(depth, 2));
                let stride = WIDTH + 8;
                let bias = Wide(*noise(WIDTH, 9).first_chunk().expect("there are 32"));
                let bias = (depth == 7).then_some(&bias);
                let mut out = noise(n_rows * stride, 3);
                let before = out.clone();
                (kernels.multiply)(&rows, &panel, bias, &mut out, stride);
                for (i, (out, before)) in out.iter().zip(&before).enumerate() {
                    let (row, column) = (i / stride, i % stride);
                    let product = |k: usize| f64::from(rows[row][k]) * f64::from(panel[k].0[column]);
                    let expected = if column < WIDTH {
                        let before = bias.map_or(*before, |bias| bias.0[column]);
                        f64::from(before) + (0..depth).map(product).sum::<f64>()
                    } else {
                        f64::from(*before)
                    };
                    assert!(
                        (f64::from(*out) - expected).abs() < 1e-4,
                        "{}: {n_rows} rows of {depth}, row {row}, column {column}: {out}, not {expected}",
                        kernels.name
                    );
                }
            }
        }
    }
}

/// The error function by its series, which converges everywhere.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

#[test]
fn the_activation_is_that_of_the_error_function() {
    for kernels in available() {
        let inputs: Vec<f32> = (-700..=700).map(|i| i as f32 / 130.0).collect();
        let mut outputs = inputs.clone();
        (kernels.gelu)(&mut outputs);
        for (x, y) in inputs.iter().zip(&outputs) {
            let x = f64::from(*x);
            let expected = 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2));
            assert!(
                (f64::from(*y) - expected).abs() < 2e-6,
                "{}: of {x} it is {expected}, not {y}",
                kernels.name
            );
        }
        let mut far = [-1e30, 1e30, f32::NAN];
        (kernels.gelu)(&mut far);
        assert!(
            far[0].abs() < 1e24 && (far[1] / 1e30 - 1.0).abs() < 1e-6 && far[2].is_nan(),
            "{}: far away it is nothing or all, and what is no number stays so: {far:?}",
            kernels.name
        );
    }
}

#[test]
fn exponentials_add_up() {
    for kernels in available() {
        for n in [1, 15, 16, 17, 100] {
            let scores: Vec<f32> = noise(n, 4).iter().map(|score| score * 30.0).collect();
            let largest = (kernels.largest)(&scores);
            let expected = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            assert_eq!(largest, expected, "{}: the largest of {n} is found", kernels.name);
            let mut weights = scores.clone();
            let total = (kernels.exponentials)(&mut weights, largest);
            let sum: f32 = weights.iter().sum();
            assert!(
                (total - sum).abs() < 1e-5 * sum,
                "{}: {total} is the sum of {n} exponentials, {sum}",
                kernels.name
            );
            for (weight, score) in weights.iter().zip(&scores) {
                let expected = (score - largest).exp();
                assert!(
                    (weight - expected).abs() < 1e-6,
                    "{}: of {score} it is {expected}, not {weight}",
                    kernels.name
                );
            }
        }
    }
}

#[test]
fn a_norm_leaves_its_own_mean_and_variance() {
    for kernels in available() {
        for n in [16, 40, 384] {
            let (values, other) = (noise(n, 5), noise(n, 6));
            let norm = Norm {
                weights: noise(n, 7),
                bias: noise(n, 8),
                epsilon: 1e-5,
            };
            let sums: Vec<f64> = values
                .iter()
                .zip(&other)
                .map(|(a, b)| f64::from(*a) + f64::from(*b))
                .collect();
            let mean = sums.iter().sum::<f64>() / n as f64;
            let variance = sums.iter().map(|sum| (sum - mean).powi(2)).sum::<f64>() / n as f64;
            let mut out = values.clone();
            out.extend([0.0; 3]);
            (kernels.normalize)(&mut out, &other, &norm);
            for i in 0..n {
                let normed = (sums[i] - mean) / (variance + 1e-5).sqrt();
                let expected = normed * f64::from(norm.weights[i]) + f64::from(norm.bias[i]);
                assert!(
                    (f64::from(out[i]) - expected).abs() < 1e-5,
                    "{}: value {i} of {n} is {expected}, not {}",
                    kernels.name,
                    out[i]
                );
            }
            assert_eq!(
                out[n..],
                [0.0; 3],
                "{}: room after the values stays",
                kernels.name
            );
        }
    }
}
