//! A Whisper model of the smallest shape, written as transformers and as CTranslate2 write theirs.
//! The names and the stacking are spelled out here once more, apart from the code under test.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use half::f16;
use serde_json::json;

pub(super) const STATE: usize = 64;
const N_VOCAB: usize = 51_865;

/// Weights by their names in transformers, with their shapes.
pub(super) type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Every weight is a number that 16 bits hold, so that both layouts say the same.
pub(super) fn weights() -> Weights {
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("encoder.conv1.weight".into(), vec![STATE, 80, 3]),
        ("encoder.conv1.bias".into(), vec![STATE]),
        ("encoder.conv2.weight".into(), vec![STATE, STATE, 3]),
        ("encoder.conv2.bias".into(), vec![STATE]),
        ("encoder.embed_positions.weight".into(), vec![1_500, STATE]),
        ("decoder.embed_positions.weight".into(), vec![448, STATE]),
        ("decoder.embed_tokens.weight".into(), vec![N_VOCAB, STATE]),
    ];
    for side in ["encoder", "decoder"] {
        let layer = format!("{side}.layers.0");
        let mut attentions = vec!["self_attn"];
        let mut norms = vec![
            format!("{side}.layer_norm"),
            format!("{layer}.self_attn_layer_norm"),
            format!("{layer}.final_layer_norm"),
        ];
        if side == "decoder" {
            attentions.push("encoder_attn");
            norms.push(format!("{layer}.encoder_attn_layer_norm"));
        }
        for norm in norms {
            shapes.push((format!("{norm}.weight"), vec![STATE]));
            shapes.push((format!("{norm}.bias"), vec![STATE]));
        }
        for attention in attentions {
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                let name = format!("{layer}.{attention}.{projection}");
                shapes.push((format!("{name}.weight"), vec![STATE, STATE]));
                if projection != "k_proj" {
                    shapes.push((format!("{name}.bias"), vec![STATE]));
                }
            }
        }
        shapes.push((format!("{layer}.fc1.weight"), vec![4 * STATE, STATE]));
        shapes.push((format!("{layer}.fc1.bias"), vec![4 * STATE]));
        shapes.push((format!("{layer}.fc2.weight"), vec![STATE, 4 * STATE]));
        shapes.push((format!("{layer}.fc2.bias"), vec![STATE]));
    }
    let mut seed = 1_u32;
    shapes
        .into_iter()
        .map(|(name, shape)| {
            let n_weights = shape.iter().product();
            let numbers = (0..n_weights)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    f16::from_f32((seed >> 16) as f32 / 65_536.0 - 0.5).to_f32()
                })
                .collect();
            (name, (shape, numbers))
        })
        .collect()
}

/// The folder as `save_pretrained` writes it, with 32-bit floats.
pub(super) fn write_transformers(dir: &Path, weights: &Weights) {
    fs::create_dir_all(dir).unwrap();
    let config = json!({
        "model_type": "whisper",
        "encoder_attention_heads": 1,
        "decoder_attention_heads": 1,
    });
    fs::write(dir.join("config.json"), config.to_string()).unwrap();
    write_tokenizer(dir);
    let mut header = serde_json::Map::new();
    let mut numbers = Vec::new();
    for (name, (shape, values)) in weights {
        let start = numbers.len();
        numbers.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        header.insert(
            format!("model.{name}"),
            json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, numbers.len()] }),
        );
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend(numbers);
    fs::write(dir.join("model.safetensors"), file).unwrap();
}

/// How CTranslate2 stores the matrices of the feed-forward layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedForward {
    F16,
    /// As with `--quantization int8`.
    I8,
}

/// The folder as CTranslate2's converter writes it, with 16-bit floats.
pub(super) fn write_ct2(dir: &Path, weights: &Weights, feed_forward: FeedForward) {
    fs::create_dir_all(dir).unwrap();
    fs::write(dir.join("config.json"), "{}").unwrap();
    write_tokenizer(dir);
    let get = |name: String| weights.get(&name).unwrap().clone();
    let mut file = Ct2File::default();
    for side in ["encoder", "decoder"] {
        let (from, to) = (format!("{side}.layers.0"), format!("{side}/layer_0"));
        file.scalar(&format!("{side}/num_heads"), 1);
        file.f16(
            &format!("{side}/position_encodings/encodings"),
            get(format!("{side}.embed_positions.weight")),
        );
        let mut norms = vec![
            (format!("{side}.layer_norm"), format!("{side}/layer_norm")),
            (
                format!("{from}.self_attn_layer_norm"),
                format!("{to}/self_attention/layer_norm"),
            ),
            (format!("{from}.final_layer_norm"), format!("{to}/ffn/layer_norm")),
        ];
        if side == "decoder" {
            norms.push((
                format!("{from}.encoder_attn_layer_norm"),
                format!("{to}/attention/layer_norm"),
            ));
        }
        for (from, to) in norms {
            file.f16(&format!("{to}/gamma"), get(format!("{from}.weight")));
            file.f16(&format!("{to}/beta"), get(format!("{from}.bias")));
        }
        let stacked = |attention: &str, projections: &[&str]| {
            let mut rows = (vec![0, STATE], Vec::new());
            let mut biases = (vec![0], Vec::new());
            for projection in projections {
                let name = format!("{from}.{attention}.{projection}");
                let (shape, values) = get(format!("{name}.weight"));
                rows.0[0] += shape[0];
                rows.1.extend(values);
                biases.0[0] += shape[0];
                match weights.get(&format!("{name}.bias")) {
                    Some((_, values)) => biases.1.extend(values),
                    None => biases.1.extend(vec![0.0; shape[0]]),
                }
            }
            (rows, biases)
        };
        let mut linears = vec![
            (
                "self_attention/linear_0",
                stacked("self_attn", &["q_proj", "k_proj", "v_proj"]),
            ),
            ("self_attention/linear_1", stacked("self_attn", &["out_proj"])),
        ];
        if side == "decoder" {
            linears.push(("attention/linear_0", stacked("encoder_attn", &["q_proj"])));
            linears.push((
                "attention/linear_1",
                stacked("encoder_attn", &["k_proj", "v_proj"]),
            ));
            linears.push(("attention/linear_2", stacked("encoder_attn", &["out_proj"])));
        }
        for (name, (rows, biases)) in linears {
            file.f16(&format!("{to}/{name}/weight"), rows);
            file.f16(&format!("{to}/{name}/bias"), biases);
        }
        for (name, layer) in [("fc1", "linear_0"), ("fc2", "linear_1")] {
            let weight = get(format!("{from}.{name}.weight"));
            match feed_forward {
                FeedForward::F16 => file.f16(&format!("{to}/ffn/{layer}/weight"), weight),
                FeedForward::I8 => file.i8(&format!("{to}/ffn/{layer}/weight"), weight),
            }
            file.f16(
                &format!("{to}/ffn/{layer}/bias"),
                get(format!("{from}.{name}.bias")),
            );
        }
    }
    for name in ["conv1", "conv2"] {
        for leaf in ["weight", "bias"] {
            file.f16(
                &format!("encoder/{name}/{leaf}"),
                get(format!("encoder.{name}.{leaf}")),
            );
        }
    }
    file.f16(
        "decoder/embeddings/weight",
        get("decoder.embed_tokens.weight".into()),
    );
    fs::write(dir.join("model.bin"), file.finish()).unwrap();
}

#[derive(Default)]
struct Ct2File {
    n_variables: u32,
    bytes: Vec<u8>,
}

impl Ct2File {
    fn variable(&mut self, name: &str, shape: &[usize], dtype: u8, value: &[u8]) {
        self.n_variables += 1;
        text(&mut self.bytes, name);
        self.bytes.push(shape.len() as u8);
        for dim in shape {
            self.bytes.extend((*dim as u32).to_le_bytes());
        }
        self.bytes.push(dtype);
        self.bytes.extend((value.len() as u32).to_le_bytes());
        self.bytes.extend(value);
    }

    fn scalar(&mut self, name: &str, number: i16) {
        self.variable(name, &[], 2, &number.to_le_bytes());
    }

    fn f16(&mut self, name: &str, (shape, values): (Vec<usize>, Vec<f32>)) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| f16::from_f32(*value).to_le_bytes())
            .collect();
        self.variable(name, &shape, 4, &bytes);
    }

    fn i8(&mut self, name: &str, (shape, values): (Vec<usize>, Vec<f32>)) {
        let (mut bytes, mut scales) = (Vec::new(), Vec::new());
        for row in values.chunks(shape[1]) {
            let scale = 127.0 / row.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            bytes.extend(row.iter().map(|value| (value * scale).round() as i8 as u8));
            scales.extend(scale.to_le_bytes());
        }
        self.variable(name, &shape, 1, &bytes);
        self.variable(&format!("{name}_scale"), &[shape[0]], 0, &scales);
    }

    fn finish(self) -> Vec<u8> {
        let mut file = 6_u32.to_le_bytes().to_vec();
        text(&mut file, "WhisperSpec");
        file.extend(3_u32.to_le_bytes());
        file.extend(self.n_variables.to_le_bytes());
        file.extend(self.bytes);
        // No aliases.
        file.extend(0_u32.to_le_bytes());
        file
    }
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u16 + 1).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.push(0);
}

/// The bytes in GPT-2's alphabet, and made-up words: Whisper's vocabulary is not ours to ship.
fn write_tokenizer(dir: &Path) {
    let mut others = 0x100..;
    let mut vocabulary = serde_json::Map::new();
    for byte in 0..=255_u32 {
        let printable = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let letter = if printable { byte } else { others.next().unwrap() };
        vocabulary.insert(char::from_u32(letter).unwrap().to_string(), byte.into());
    }
    for id in 256..50_257 {
        vocabulary.insert(format!("Ġword{id}"), id.into());
    }
    let tokenizer = json!({ "model": { "vocab": vocabulary } });
    fs::write(dir.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}
