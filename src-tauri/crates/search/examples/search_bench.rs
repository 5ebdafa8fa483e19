//! How fast a large library answers: makes one of 1,000 hours with 100,000 passages, and times each way of
//! searching it.
//!
//! `cargo run -p recordroute-search --example search_bench [RECORDINGS] [DIR]`
//!
//! A recording is an hour: 600 segments, 100 passages with vectors of 384 dimensions, each the sum of what
//! its words are given by chance. With a folder, the library stays there and the next run measures it
//! again.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use recordroute_core::{DetectedLanguage, JobKind, MediaPlace, RecordingDraft, Segment, TranscribeOptions};
use recordroute_search::{
    Filters, Mode, PassageLimits, Query, Vectors, best_passages, find, passages, similar,
};
use recordroute_store::{ChunkRecord, EmbeddingModel, JobEnd, Library, Listing};

const N_DIMENSIONS: usize = 384;
const N_SEGMENTS: u64 = 600;
const N_ROUNDS: usize = 5;

const SYLLABLES: &str = "가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조초구누두루무부수우주\
    강간감남단담당란람만망문민반방본분산상선설성신안양연영용운원윤은을의이인일임장전정제조중지진천청최한현형호홍화황";
const PARTICLES: [&str; 8] = ["", "", "는", "를", "이", "에서", "으로", "하고"];
const ONSETS: [&str; 12] = ["b", "br", "c", "d", "f", "gr", "l", "m", "pl", "r", "st", "t"];
const RIMES: [&str; 12] = [
    "ade", "all", "an", "ect", "ent", "er", "ice", "ing", "ock", "ole", "un", "y",
];

const QUERIES: [&str; 16] = [
    "예산 회의",
    "다음 주 일정을 언제 결정했나요?",
    "회의에서 예산을 얼마로 정했습니까?",
    "When did we decide about the budget?",
    "what was the plan for the release",
    "고객",
    "budget release",
    "바늘구멍",
    "zebrafish in the station",
    "\"the budget\"",
    "우리 팀의 출시 계획은 무엇이었나요?",
    "회의 budget 고객",
    "없는말 하나",
    "the",
    "이",
    "일정",
];

/// A small generator of its own: the same library on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn share(&mut self) -> f32 {
        self.roll(1 << 20) as f32 / (1 << 20) as f32
    }

    /// Small numbers far more often than large ones, as words in a language.
    fn zipf(&mut self, n: usize) -> usize {
        let share = f64::from(self.share());
        (((n as f64).powf(share) - 1.0) as usize).min(n - 1)
    }
}

/// Words of both languages with what each means.
struct Words {
    korean: Vec<String>,
    english: Vec<String>,
    meanings: Vec<Vec<f32>>,
}

impl Words {
    fn new() -> Self {
        let mut dice = Dice(1);
        let syllables: Vec<char> = SYLLABLES.chars().collect();
        let mut korean: Vec<String> = ["회의", "예산", "일정", "고객", "출시", "계획", "결정", "다음"]
            .map(str::to_owned)
            .to_vec();
        for _ in 0..10_000 {
            let n_syllables = 2 + dice.roll(2);
            let stem: String = (0..n_syllables)
                .map(|_| syllables[dice.roll(syllables.len())])
                .collect();
            korean.push(format!("{stem}{}", PARTICLES[dice.roll(PARTICLES.len())]));
        }
        let known = "the and to of we a in is that for budget release plan decide station meeting customer";
        let mut english: Vec<String> = known.split(' ').map(str::to_owned).collect();
        for _ in 0..10_000 {
            let part = |dice: &mut Dice| format!("{}{}", ONSETS[dice.roll(12)], RIMES[dice.roll(12)]);
            english.push(format!("{}{}", part(&mut dice), part(&mut dice)));
        }
        let meanings = (0..4_096)
            .map(|_| {
                (0..N_DIMENSIONS)
                    .map(|_| dice.share() + dice.share() - 1.0)
                    .collect()
            })
            .collect();
        Self {
            korean,
            english,
            meanings,
        }
    }

    fn sentence(&self, dice: &mut Dice) -> String {
        let words = if dice.roll(3) > 0 {
            &self.korean
        } else {
            &self.english
        };
        let n_words = 6 + dice.roll(9);
        let said: Vec<&str> = (0..n_words)
            .map(|_| words[dice.zipf(words.len())].as_str())
            .collect();
        said.join(" ")
    }

    fn embed(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0; N_DIMENSIONS];
        for word in text.split(' ') {
            let meaning = recordroute_store::text_hash(word) as usize % self.meanings.len();
            vector
                .iter_mut()
                .zip(&self.meanings[meaning])
                .for_each(|(value, more)| *value += more);
        }
        let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
        vector.into_iter().map(|value| value / length).collect()
    }
}

fn fill(library: &Library, words: &Words, model: &EmbeddingModel, numbers: std::ops::Range<usize>) {
    let mut dice = Dice(2 + numbers.start as u64);
    let kind = JobKind::Transcribe {
        model: "whisper-base".to_owned(),
        options: TranscribeOptions::default(),
    };
    for number in numbers {
        let id = library
            .add_recording(&RecordingDraft {
                title: format!("{} {number}", words.sentence(&mut dice)),
                source: format!("{number}.m4a"),
                media: MediaPlace::Referenced(format!("/recordings/{number}.m4a")),
                hash: format!("{number:064x}"),
                bytes: 1_000_000,
            })
            .unwrap();
        let segments: Vec<Segment> = (0..N_SEGMENTS)
            .map(|idx| {
                let mut text = words.sentence(&mut dice);
                if number % 100 == 7 && idx == 30 {
                    text.push_str(" 바늘구멍 zebrafish");
                }
                Segment {
                    start_ms: idx * 6_000,
                    end_ms: idx * 6_000 + 5_900,
                    text,
                    confidence: 0.9,
                    speaker: (number % 4 == 0).then(|| ["나", "너"][idx as usize / 3 % 2].to_owned()),
                    flags: Vec::new(),
                    words: Vec::new(),
                }
            })
            .collect();
        let lease = Duration::from_secs(600);
        let job = library.enqueue_claimed(id, &kind, "example", lease).unwrap();
        let chunk = ChunkRecord {
            source_end_ms: N_SEGMENTS * 6_000,
            segments: &segments,
            language: Some(&DetectedLanguage {
                code: if number % 2 == 0 { "ko" } else { "en" }.to_owned(),
                probability: Some(0.99),
            }),
        };
        library.record_chunk(job, "example", &chunk).unwrap();
        library.finish(job, "example", &JobEnd::Done).unwrap();
        if number % 10 == 0 {
            library.add_tag(id, "팀").unwrap();
        }
        // Seven segments of which one is shared.
        let limits = PassageLimits {
            max_tokens: 7,
            overlap_tokens: 1,
        };
        let passages = passages(&segments, &vec![1; segments.len()], limits);
        let places: Vec<_> = passages.iter().map(|passage| passage.place).collect();
        let vectors: Vec<_> = passages
            .iter()
            .enumerate()
            .map(|(idx, passage)| (idx, words.embed(&passage.text)))
            .collect();
        let (_, version) = library.versioned_transcript(id).unwrap().unwrap();
        library
            .store_passages(id, version, model, &places, &vectors)
            .unwrap();
    }
}

/// Memory of this process, bytes; zero where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kilobytes.unwrap_or(0) * 1_024
}

/// Nanoseconds for which this thread has been running, on Linux; what a busy machine adds is not in it.
fn processor_ns() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|ns| ns.parse().ok())
        .unwrap_or(0.0)
}

fn measure(what: &str, mut run: impl FnMut(&str) -> usize) {
    let mut wall = Vec::new();
    let mut own = Vec::new();
    let mut worst = (0.0, "");
    let mut n_found = 0;
    for _ in 0..N_ROUNDS {
        for text in QUERIES {
            let (start, own_start) = (Instant::now(), processor_ns());
            n_found += run(text);
            let own_ms = (processor_ns() - own_start) / 1e6;
            wall.push(start.elapsed().as_secs_f64() * 1_000.0);
            own.push(own_ms);
            if own_ms > worst.0 {
                worst = (own_ms, text);
            }
        }
    }
    let at = |times: &mut Vec<f64>, share: f64| {
        times.sort_by(f64::total_cmp);
        times[((times.len() - 1) as f64 * share).round() as usize]
    };
    println!(
        "{what:28} p50 {:6.2}  p95 {:6.2}  max {:6.2} ms; processor of one thread p50 {:6.2}  p95 {:6.2}  max {:6.2} ms; \
         {:5.1} found; slowest: {}",
        at(&mut wall, 0.5),
        at(&mut wall, 0.95),
        at(&mut wall, 1.0),
        at(&mut own, 0.5),
        at(&mut own, 0.95),
        at(&mut own, 1.0),
        n_found as f64 / wall.len() as f64,
        worst.1
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let n_recordings: usize = arguments.next().map_or(1_000, |n| n.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let dir = arguments
        .next()
        .map_or_else(|| scratch.path().to_owned(), PathBuf::from);
    let library = Library::open(&dir).unwrap();
    let model = EmbeddingModel {
        name: "chance".to_owned(),
        n_dimensions: N_DIMENSIONS,
    };
    let words = Words::new();
    let there = library.n_recordings(false).unwrap() as usize;
    let start = Instant::now();
    fill(&library, &words, &model, there..n_recordings.max(there));
    println!("filled in {:.1} s", start.elapsed().as_secs_f64());
    drop(library);
    let library = Library::open(&dir).unwrap();
    for name in ["library.db", "index.db"] {
        let n_bytes = std::fs::metadata(dir.join(name)).unwrap().len();
        println!("{name}: {} MiB", n_bytes >> 20);
    }
    let vectors = Vectors::default();
    let ask = |text: &str, mode, filters: &Filters| {
        let query = Query {
            text: text.to_owned(),
            mode,
            filters: filters.clone(),
            limit: 30,
        };
        let vector = words.embed(text);
        find(&library, &vectors, &query, Some(&vector)).unwrap().len()
    };
    let all = Filters::default();
    let (before, start) = (resident(), Instant::now());
    ask("예산", Mode::Meaning, &all);
    let loading = start.elapsed().as_secs_f64() * 1_000.0;
    let (n_passages, n_bytes) = vectors.size();
    let n_vector_bytes = n_passages * N_DIMENSIONS;
    println!(
        "{} recordings, {} segments, {n_passages} passages; loaded with the first search in {loading:.0} ms; {n_bytes} \
         bytes for {n_vector_bytes} bytes of vectors: {:.3} times; the process grew by {:.3} times",
        library.n_recordings(false).unwrap(),
        library.n_segments().unwrap(),
        n_bytes as f64 / n_vector_bytes as f64,
        resident().saturating_sub(before) as f64 / n_vector_bytes as f64,
    );
    let korean = Filters {
        language: Some("ko".to_owned()),
        ..Filters::default()
    };
    let tagged = Filters {
        tags: vec!["팀".to_owned()],
        ..Filters::default()
    };
    let spoken = Filters {
        speaker: Some("나".to_owned()),
        ..Filters::default()
    };
    measure("words", |text| ask(text, Mode::Words, &all));
    measure("meaning", |text| ask(text, Mode::Meaning, &all));
    measure("hybrid", |text| ask(text, Mode::Hybrid, &all));
    measure("hybrid, half by language", |text| {
        ask(text, Mode::Hybrid, &korean)
    });
    measure("hybrid, a tenth by tag", |text| ask(text, Mode::Hybrid, &tagged));
    measure("hybrid, an eighth by speaker", |text| {
        ask(text, Mode::Hybrid, &spoken)
    });
    measure("best passages", |text| {
        let query = Query {
            text: text.to_owned(),
            mode: Mode::Hybrid,
            filters: Filters::default(),
            limit: 8,
        };
        let vector = words.embed(text);
        best_passages(&library, &vectors, &query, Some(&vector), 8)
            .unwrap()
            .len()
    });
    let first = library.recordings(&Listing::default()).unwrap()[0].id;
    measure("similar recordings", |_| {
        similar(&library, &vectors, first, 10).unwrap().len()
    });
}
