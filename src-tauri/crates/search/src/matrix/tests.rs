use recordroute_core::Language;

use super::*;

/// Directions that are the same on every machine.
pub(crate) fn direction(seed: u64, n_dimensions: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut roll = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32
    };
    // The sum of several is nearly a normal distribution, which makes all directions alike.
    let vector: Vec<f32> = (0..n_dimensions)
        .map(|_| (0..6).map(|_| roll()).sum::<f32>() - 3.0)
        .collect();
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.into_iter().map(|value| value / length).collect()
}

fn push(matrix: &mut Matrix, passage_id: i64, vector: &[f32]) {
    let largest = vector
        .iter()
        .fold(0.0_f32, |largest, value| largest.max(value.abs()));
    let components: Vec<u8> = vector
        .iter()
        .map(|value| ((value / largest * 127.0).round() as i8).cast_unsigned())
        .collect();
    let square: f32 = components
        .iter()
        .map(|byte| f32::from(byte.cast_signed()).powi(2))
        .sum();
    matrix.push(&StoredVector {
        first_segment_idx: 0,
        last_segment_idx: 3,
        start_ms: passage_id as u64,
        end_ms: passage_id as u64 + 1,
        scale: 1.0 / square.sqrt(),
        components: &components,
    });
}

fn text(recording_id: i64, generation: i64) -> IndexedText {
    IndexedText {
        recording_id: RecordingId(recording_id),
        transcript_id: recording_id + 100,
        generation,
    }
}

/// Recordings of so many passages each; passages are numbered in a row by their starts, and point where `direction`
/// says for their number.
fn matrix(n_recordings: i64, n_passages: i64, n_dimensions: usize) -> Matrix {
    let mut matrix = Matrix::with_capacity(n_dimensions, (n_recordings * n_passages) as usize);
    for recording in 0..n_recordings {
        let first_row = matrix.next_row();
        for passage in 0..n_passages {
            let id = recording * n_passages + passage;
            push(&mut matrix, id, &direction(id as u64, n_dimensions));
        }
        matrix.close_block(text(recording, 1), None, first_row);
    }
    matrix
}

/// In a matrix of one language.
fn nearest(matrix: &Matrix, vector: &[f32], n: usize) -> Nearest {
    let mut found = matrix.nearest(vector, n, &Scope::default());
    assert!(found.len() < 2, "there is one language at most");
    found.pop().unwrap_or_default()
}

fn ids(nearest: &Nearest) -> Vec<i64> {
    nearest.found.iter().map(|near| near.start_ms as i64).collect()
}

#[test]
fn bytes_find_what_floats_find() {
    let n = 4_000;
    let matrix = matrix(40, 100, 384);
    let mut n_found = 0;
    for asked in 0..30 {
        let asked = direction(1_000_000 + asked, 384);
        let mut exact: Vec<(f32, i64)> = (0..n)
            .map(|id| {
                let other = direction(id as u64, 384);
                (asked.iter().zip(&other).map(|(a, b)| a * b).sum(), id)
            })
            .collect();
        exact.sort_by(|a, b| b.0.total_cmp(&a.0));
        let nearest = nearest(&matrix, &asked, 10);
        let found = ids(&nearest);
        n_found += exact.iter().take(10).filter(|(_, id)| found.contains(id)).count();
        assert!(
            (nearest.found[0].similarity - exact[0].0).abs() < 0.005,
            "the similarity is that of the floats"
        );
        assert!(
            nearest.mean.abs() < 0.02,
            "directions at random have nothing in common"
        );
        assert!(
            (nearest.deviation - 1.0 / 384_f32.sqrt()).abs() < 0.005,
            "and are spread evenly"
        );
    }
    assert!(n_found >= 285, "of 300 nearest ones {n_found} are found again");
}

#[test]
fn two_threads_find_what_one_finds() {
    let n_dimensions = 64;
    let matrix = matrix(1_000, 100, n_dimensions);
    assert!(
        matrix.n_rows() * n_dimensions >= MIN_COMPONENTS_FOR_THREADS,
        "it is large enough for two"
    );
    let blocks: Vec<usize> = (0..1_000).collect();
    assert_eq!(matrix.shares(&blocks, 50_000).len(), 2, "each has half of it");
    for id in [0, 49_999, 50_000, 99_999] {
        let nearest = nearest(&matrix, &direction(id, n_dimensions), 5);
        assert_eq!(nearest.found[0].start_ms, id, "passage {id} is nearest to itself");
        assert_eq!(nearest.n_rows, 100_000, "each was looked at once");
        assert_eq!(nearest.found.len(), 5, "as many as were asked for");
    }
}

#[test]
fn recordings_are_replaced_and_let_go_without_the_rest_being_read_again() {
    let mut all = matrix(10, 8, 32);
    for round in 0..20_i64 {
        let mut newer = Matrix::with_capacity(32, 5);
        for passage in 0..5 {
            push(
                &mut newer,
                1_000 + round * 5 + passage,
                &direction(900 + passage as u64, 32),
            );
        }
        newer.close_block(text(3, 2 + round), None, 0);
        all.update(&newer, &|id| id != RecordingId(7));
        assert_eq!(all.n_rows(), 8 * 8 + 5, "one was let go, one is shorter");
        assert!(
            all.next_row() <= all.n_rows() * 17 / 16 + 1,
            "what is gone takes no room: {} rows for {}",
            all.next_row(),
            all.n_rows()
        );
        let replaced = nearest(&all, &direction(900, 32), 1);
        assert_eq!(ids(&replaced), [1_000 + round * 5], "the new one answers");
        for id in [0_i64, 23, 32, 79] {
            let stayed = nearest(&all, &direction(id as u64, 32), 1);
            assert_eq!(ids(&stayed), [id], "what stayed answers as before");
            assert_eq!(
                stayed.found[0].recording_id,
                RecordingId(id / 8),
                "for its own recording"
            );
        }
        let gone = nearest(&all, &direction(56, 32), 1);
        assert_ne!(ids(&gone), [56], "what was let go does not");
    }
}

#[test]
fn memory_is_little_more_than_the_vectors() {
    let mut all = matrix(100, 100, 384);
    let n_vectors = 100 * 100 * 384;
    assert!(
        all.n_bytes() < n_vectors * 13 / 10,
        "loaded: {} bytes",
        all.n_bytes()
    );
    for recording in 100..130 {
        let mut newer = Matrix::with_capacity(384, 100);
        for passage in 0..100 {
            push(&mut newer, passage, &direction(passage as u64, 384));
        }
        newer.close_block(text(recording, 2), None, 0);
        all.update(&newer, &|_| true);
        let n_vectors = all.n_rows() * 384;
        assert!(
            all.n_bytes() < n_vectors * 13 / 10,
            "grown: {} bytes",
            all.n_bytes()
        );
    }
}

#[test]
fn what_points_nowhere_finds_nothing() {
    let matrix = matrix(3, 3, 8);
    for wrong in [vec![0.0; 8], vec![f32::NAN; 8], vec![1.0; 7], Vec::new()] {
        assert!(
            nearest(&matrix, &wrong, 5).found.is_empty(),
            "{wrong:?} is no direction of this model"
        );
    }
    let nothing = nearest(&Matrix::default(), &[], 5);
    assert!(nothing.found.is_empty(), "nor does an empty index");
    let none = nearest(&matrix, &direction(1, 8), 0);
    assert!(none.found.is_empty(), "nothing was asked for");
}

#[test]
fn languages_are_ranked_apart_and_small_ones_with_the_largest() {
    let mut matrix = Matrix::with_capacity(32, 200);
    let languages: [(Option<&str>, i64); 4] =
        [(Some("en"), 60), (Some("ko"), 40), (None, 3), (Some("fr"), 2)];
    let mut id = 0;
    for (recording, (code, n_passages)) in (0..).zip(languages) {
        let first_row = matrix.next_row();
        for _ in 0..n_passages {
            push(&mut matrix, id, &direction(id as u64, 32));
            id += 1;
        }
        let language = code.and_then(|code| match code.parse() {
            Ok(Language::Code(code)) => Some(code),
            _ => None,
        });
        matrix.close_block(text(recording, 1), language, first_row);
    }
    let asked = direction(70, 32);
    let found = matrix.nearest(&asked, 100, &Scope::default());
    let n_rows: Vec<usize> = found.iter().map(|nearest| nearest.n_rows).collect();
    assert_eq!(
        n_rows,
        [65, 40],
        "two stand for themselves, two go with the larger one"
    );
    assert_eq!(ids(&found[1])[0], 70, "what is nearest is found in its language");
    let of_first: std::collections::BTreeSet<i64> = ids(&found[0]).into_iter().collect();
    assert_eq!(of_first.len(), 65, "all of the others are in the first");
    assert!(
        of_first.contains(&102) && !of_first.contains(&70),
        "each in one of them"
    );
    assert!(
        found
            .iter()
            .all(|nearest| nearest.found.is_sorted_by(|a, b| a.similarity >= b.similarity)),
        "the best first"
    );
}
