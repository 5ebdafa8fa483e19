//! Every kernel against plain arithmetic in floats with the weights as Candle dequantises them.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use half::f16;

use super::*;
use crate::forward::panel::LANES;

const DTYPES: [GgmlDType; 11] = [
    GgmlDType::F32,
    GgmlDType::F16,
    GgmlDType::BF16,
    GgmlDType::Q4_0,
    GgmlDType::Q4_1,
    GgmlDType::Q5_0,
    GgmlDType::Q5_1,
    GgmlDType::Q8_0,
    GgmlDType::Q4K,
    GgmlDType::Q5K,
    GgmlDType::Q6K,
];

fn random(n: usize) -> Vec<f32> {
    Tensor::randn(0.1_f32, 1.0, n, &Device::Cpu)
        .and_then(|values| values.to_vec1())
        .expect("numbers can be drawn")
}

fn column(n: usize, kernels: &Kernels) -> Column {
    let mut column = Column::default();
    column.resize(n);
    column.values.copy_from_slice(&random(n));
    (kernels.round)(&mut column);
    column
}

/// What a kernel multiplies with: the rounded values for quantised weights.
fn values(column: &Column, format: Format) -> Vec<f32> {
    if format.is_float() {
        return column.values.clone();
    }
    let bytes = column.bytes.iter().enumerate();
    bytes
        .map(|(i, &byte)| column.scales[i / 32] * f32::from(byte))
        .collect()
}

fn close(ours: f32, expected: f32, terms: f32) -> bool {
    (ours - expected).abs() <= 1e-5 * terms + 1e-4
}

#[test]
fn products_of_every_type_are_those_of_plain_floats() {
    for kernels in available() {
        for dtype in DTYPES {
            // 19 rows: a whole panel and one that is cut.
            let (n_rows, n_columns) = (19, 512);
            let format = Format::from_dtype(dtype).expect("the type is known");
            let weights = Tensor::from_vec(random(n_rows * n_columns), (n_rows, n_columns), &Device::Cpu)
                .expect("a matrix");
            let packed = QTensor::quantize(&weights, dtype).expect("the type can be written");
            let plain: Vec<Vec<f32>> = packed
                .dequantize(&Device::Cpu)
                .and_then(|plain| plain.to_vec2())
                .expect("and read");
            let data = packed.data().expect("its bytes");
            let row_bytes = data.len() / n_rows;
            let columns: Vec<Column> = (0..21).map(|_| column(n_columns, kernels)).collect();

            let mut panel = Panel::default();
            for first in [0, LANES] {
                let rows = &data[first * row_bytes..(first + LANES).min(n_rows) * row_bytes];
                (kernels.fill_panel)(&mut panel, format, rows, n_columns);
                let mut out = vec![[9.0; LANES]; columns.len()];
                if format.is_float() {
                    (kernels.floats)(&panel.floats, &columns, &mut out);
                } else {
                    (kernels.quantized)(&panel, &columns, &mut out);
                }
                for (column, out) in columns.iter().zip(&out) {
                    let values = values(column, format);
                    for (lane, &ours) in out.iter().enumerate() {
                        let Some(row) = plain.get(first + lane) else {
                            assert_eq!(ours, 0.0, "a row that is not there gives nothing");
                            continue;
                        };
                        let expected: f32 = row.iter().zip(&values).map(|(a, b)| a * b).sum();
                        let terms: f32 = row.iter().zip(&values).map(|(a, b)| (a * b).abs()).sum();
                        assert!(
                            close(ours, expected, terms),
                            "{} {dtype:?} row {}: {ours} should be {expected}",
                            kernels.name,
                            first + lane
                        );
                        let row = &data[(first + lane) * row_bytes..][..row_bytes];
                        let single = (kernels.dot)(format, row, column);
                        assert!(
                            close(single, expected, terms),
                            "{} {dtype:?} alone: {single} should be {expected}",
                            kernels.name
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn products_with_halves_are_added_to_what_is_there() {
    let (depth, stride) = (37, 48);
    let panel: Vec<f16> = random(depth * stride).into_iter().map(f16::from_f32).collect();
    for kernels in available() {
        for n in [1, 3, 4, 6, 16, 33] {
            let columns = random(n * depth);
            let mut out = vec![[1.0; LANES]; n];
            (kernels.halves)(&panel[16..], stride, &columns, depth, &mut out);
            for c in 0..n {
                for lane in 0..LANES {
                    let product =
                        |row: usize| panel[16 + row * stride + lane].to_f32() * columns[c * depth + row];
                    let expected = 1.0 + (0..depth).map(product).sum::<f32>();
                    assert!(
                        close(out[c][lane], expected, 40.0),
                        "{} column {c} of {n}: {} should be {expected}",
                        kernels.name,
                        out[c][lane]
                    );
                }
            }
        }
    }
}

#[test]
fn exponentials_leave_out_what_a_token_may_not_see() {
    let (n_rows, n_keys) = (3, 64);
    let scores: Vec<Lanes> = random(n_rows * n_keys)
        .chunks_exact(LANES)
        .map(|lanes| std::array::from_fn(|i| 4.0 * lanes[i]))
        .collect();
    for kernels in available() {
        for (from, to) in [
            (0, 64),
            (0, 9),
            (3, 9),
            (3, 20),
            (3, 50),
            (16, 48),
            (5, 5),
            (32, 33),
        ] {
            let row = 1;
            let of = ScoreRow {
                n_rows,
                row,
                from,
                to,
            };
            let mut weights = vec![7.0; n_keys];
            let (largest, sum) = (kernels.exponentials)(&scores, of, -2.5, &mut weights);
            let score = |key: usize| scores[key / LANES * n_rows + row][key % LANES];
            let expected = (from..to).map(score).fold(-2.5, f32::max);
            assert_eq!(largest, expected, "{} {from}..{to}", kernels.name);
            let mut total = 0.0;
            for (key, &weight) in weights.iter().enumerate() {
                let expected = if (from..to).contains(&key) {
                    (score(key) - largest).exp()
                } else {
                    0.0
                };
                total += expected;
                assert!(
                    (weight - expected).abs() <= 1e-6 * expected,
                    "{} key {key} of {from}..{to}: {weight} should be {expected}",
                    kernels.name
                );
            }
            assert!(
                (sum - total).abs() <= 1e-5 * total,
                "{} {from}..{to}",
                kernels.name
            );
        }
    }
}

#[test]
fn gates_are_those_of_the_formulas() {
    let inputs: Vec<f32> = (-400..400).map(|i| i as f32 * 0.25).collect();
    for kernels in available() {
        for activation in [Activation::Silu, Activation::Gelu] {
            let mut gate = inputs.clone();
            (kernels.gate)(activation, &mut gate, &vec![2.0; inputs.len()]);
            for (&x, ours) in inputs.iter().zip(gate) {
                let x64 = f64::from(x);
                let expected = 2.0
                    * match activation {
                        Activation::Silu => x64 / (1.0 + (-x64).exp()),
                        Activation::Gelu => {
                            let u = (2.0 / std::f64::consts::PI).sqrt() * (x64 + 0.044_715 * x64.powi(3));
                            0.5 * x64 * (1.0 + u.tanh())
                        }
                    };
                assert!(
                    (f64::from(ours) - expected).abs() <= 1e-5 * expected.abs() + 1e-6,
                    "{} {activation:?} of {x}: {ours} should be {expected}",
                    kernels.name
                );
            }
        }
    }
}
