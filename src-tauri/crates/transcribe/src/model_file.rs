//! A look at a ggml model before whisper.cpp sees it, which aborts or reads past the end otherwise.

use recordroute_core::InferenceError;

/// `ggml` as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;
/// Magic, eleven hyperparameters.
const HEADER_BYTES: usize = 4 + 11 * 4;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ModelFile {
    pub(crate) is_multilingual: bool,
    pub(crate) n_text_state: u32,
    pub(crate) weights: &'static str,
    pub(crate) size: &'static str,
}

/// Reads the header and checks that the file can hold what it promises.
pub(crate) fn inspect(bytes: &[u8]) -> Result<ModelFile, InferenceError> {
    let damaged = |what: &str| {
        InferenceError::InvalidModel(format!(
            "The model's file {what}. Get the model again with `recordroute models get` or import it again."
        ))
    };
    let header = bytes
        .get(..HEADER_BYTES)
        .ok_or_else(|| damaged("is too short to be a model"))?;
    let number = |idx: usize| {
        header
            .get(idx * 4..idx * 4 + 4)
            .and_then(|four| four.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    };
    if number(0) != MAGIC {
        return Err(damaged("is no whisper model in ggml format"));
    }
    let [n_vocab, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer] = [1, 2, 3, 4, 5].map(number);
    let [n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels, ftype] =
        [6, 7, 8, 9, 10, 11].map(number);
    let is_sane = (50_000..60_000).contains(&n_vocab)
        && n_audio_ctx == 1_500
        && n_text_ctx == 448
        && (128..=2_048).contains(&n_audio_state)
        && n_text_state == n_audio_state
        && (1..=64).contains(&n_audio_head)
        && (1..=64).contains(&n_text_head)
        && (1..=64).contains(&n_audio_layer)
        && (1..=64).contains(&n_text_layer)
        && matches!(n_mels, 80 | 128);
    if !is_sane {
        return Err(damaged("has a damaged header"));
    }
    // The embedding alone is n_vocab × n_text_state; each layer has at least 8 (encoder) or 12
    // (decoder) square matrices. At two bits a weight nothing smaller can be whole.
    let state = u64::from(n_text_state);
    let layers = u64::from(n_audio_layer) * 12 + u64::from(n_text_layer) * 16;
    let n_weights = u64::from(n_vocab) * state + layers * state * state;
    let (bits, weights) = match ftype % 1_000 {
        0 => (32, "f32"),
        1 => (16, "f16"),
        2 => (4, "q4_0"),
        3 => (4, "q4_1"),
        7 => (8, "q8_0"),
        8 => (5, "q5_0"),
        9 => (5, "q5_1"),
        10..=14 => (2, "k-quantised"),
        _ => return Err(damaged("has weights of an unknown type")),
    };
    if (bytes.len() as u64) < n_weights * bits / 8 {
        return Err(damaged("is cut short"));
    }
    let size = match n_audio_layer {
        4 => "tiny",
        6 => "base",
        12 => "small",
        24 => "medium",
        32 if n_text_layer <= 4 => "large, turbo",
        _ => "large",
    };
    Ok(ModelFile {
        is_multilingual: n_vocab >= 51_865,
        n_text_state,
        weights,
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(fields: [u32; 12]) -> Vec<u8> {
        fields.iter().flat_map(|field| field.to_le_bytes()).collect()
    }

    const TINY: [u32; 12] = [MAGIC, 51_865, 1_500, 384, 6, 4, 448, 384, 6, 4, 80, 1];

    #[test]
    fn files_that_would_crash_are_refused() {
        for (bytes, reason) in [
            (Vec::new(), "too short"),
            (vec![0x55; 200_000], "no whisper model"),
            (header(TINY), "cut short"),
            (
                header([MAGIC, 51_865, 1_500, 4_000_000, 6, 4, 448, 384, 6, 4, 80, 1]),
                "damaged header",
            ),
            (
                header([MAGIC, 51_865, 1_500, 384, 6, 4, 448, 384, 6, 4, 80, 77]),
                "unknown type",
            ),
        ] {
            let error = inspect(&bytes).unwrap_err().to_string();
            assert!(error.contains(reason), "the user is told what is wrong: {error}");
        }
    }

    #[test]
    fn a_header_tells_size_and_languages() {
        let mut bytes = header(TINY);
        bytes.resize(80_000_000, 0);
        let model = inspect(&bytes).unwrap();
        assert!(
            model.is_multilingual && model.size == "tiny" && model.weights == "f16",
            "{model:?}"
        );
        bytes[4..8].copy_from_slice(&51_864_u32.to_le_bytes());
        assert!(
            !inspect(&bytes).unwrap().is_multilingual,
            "one token less means English only"
        );
    }
}
