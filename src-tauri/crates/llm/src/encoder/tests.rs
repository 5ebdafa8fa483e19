use std::path::{Path, PathBuf};

use recordroute_core::CancellationToken;

use super::kernels::available;
use super::{Config, Encoder};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-xlm-roberta")
}

fn encoder(n_threads: usize) -> Encoder {
    let config = Config::read(&folder().join("config.json")).expect("the fixture is sound");
    Encoder::load(&folder().join("model.safetensors"), config, n_threads).expect("the fixture is sound")
}

fn encode(encoder: &mut Encoder, lengths: &[usize]) -> Vec<f32> {
    let n_tokens: usize = lengths.iter().sum();
    let tokens: Vec<u32> = (0..n_tokens as u32).map(|i| i * 7 % 49).collect();
    let cancel = CancellationToken::new();
    let encoded = encoder
        .encode(&tokens, lengths, &cancel)
        .expect("all tokens are known");
    let encoded = encoded.expect("nothing was cancelled");
    encoded.texts().flatten().flatten().copied().collect()
}

#[test]
fn processors_and_numbers_of_threads_agree() {
    // One long text, which goes to the threads by heads and by outputs, and many, which go as they are.
    for lengths in [vec![1], vec![300], vec![3; 40], (1..=40).collect()] {
        let expected = encode(&mut encoder(1), &lengths);
        for kernels in available() {
            for n_threads in [1, 2, 3] {
                let mut encoder = encoder(n_threads);
                encoder.kernels = kernels;
                let values = encode(&mut encoder, &lengths);
                let difference = values
                    .iter()
                    .zip(&expected)
                    .map(|(a, b)| (a - b).abs())
                    .fold(0.0, f32::max);
                assert!(
                    values.len() == expected.len() && difference < 1e-4,
                    "{} with {n_threads} threads, texts of {lengths:?}: differs by {difference}",
                    kernels.name
                );
            }
        }
    }
}

#[test]
fn tokens_and_places_beyond_the_tables_are_refused() {
    let mut encoder = encoder(1);
    let cancel = CancellationToken::new();
    let too_long = vec![5; 301];
    assert!(
        encoder.encode(&too_long, &[301], &cancel).is_err(),
        "the 301st token has no position"
    );
    assert!(
        encoder.encode(&[5, 49], &[2], &cancel).is_err(),
        "there are 49 tokens, counted from zero"
    );
    assert!(
        encoder.encode(&too_long[..300], &[300], &cancel).is_ok(),
        "the 300th token is the last"
    );
}
