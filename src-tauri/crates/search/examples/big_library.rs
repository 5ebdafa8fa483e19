//! How a large library feels: makes one of 10,000 recordings with 60 segments each and times listing
//! and searching it.
//!
//! `cargo run --release -p recordroute-search --example big_library [DIR] [RECORDINGS] [SEGMENTS]`
//!
//! With a folder, the library stays there and the next run measures it again. The segments of each
//! recording can be given as well: one recording of 12,000 is a day that was recorded whole.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use recordroute_core::{
    DetectedLanguage, JobKind, MediaPlace, RecordingDraft, Segment, SegmentFlag, TranscribeOptions, Word,
};
use recordroute_search::search;
use recordroute_store::{ChunkRecord, JobEnd, Library, Listing};

const N_REPEATS: usize = 7;

const SYLLABLES: &str = "가나다라마바사아자차카타파하거너더러머버서어저처고노도로모보소오조초구누두루무부수우주\
    강간감남단담당란람만망문민반방본분산상선설성신안양연영용운원윤은을의이인일임장전정제조중지진천청최한현형호홍화황";
const ENGLISH: [&str; 40] = [
    "the", "and", "to", "of", "we", "a", "in", "is", "that", "for", "project", "meeting", "budget", "next",
    "week", "team", "report", "question", "market", "customer", "design", "release", "schedule", "review",
    "station", "nation", "creation", "action", "decision", "risk", "plan", "data", "model", "audio", "text",
    "search", "library", "window", "engine", "worker",
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

    /// Small numbers far more often than large ones, as words in a language.
    fn zipf(&mut self, n: usize) -> usize {
        let share = self.roll(1 << 20) as f64 / f64::from(1 << 20);
        (((n as f64).powf(share) - 1.0) as usize).min(n - 1)
    }
}

fn vocabulary() -> Vec<String> {
    let syllables: Vec<char> = SYLLABLES.chars().collect();
    let particles = ["", "", "는", "를", "이", "에서", "으로", "하고"];
    let mut dice = Dice(1);
    let mut words: Vec<String> = vec!["회의".to_owned(), "내일".to_owned(), "일정".to_owned()];
    for _ in 0..20_000 {
        let n_syllables = 1 + dice.roll(3);
        let stem: String = (0..=n_syllables)
            .map(|_| syllables[dice.roll(syllables.len())])
            .collect();
        words.push(format!("{stem}{}", particles[dice.roll(particles.len())]));
    }
    words
}

fn sentence(dice: &mut Dice, words: &[String]) -> String {
    let n_words = 6 + dice.roll(9);
    let korean = dice.roll(3) > 0;
    (0..n_words)
        .map(|_| match korean {
            true => words[dice.zipf(words.len())].as_str(),
            false => ENGLISH[dice.zipf(ENGLISH.len())],
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn fill(library: &Library, n_recordings: usize, n_segments: u64) {
    let words = vocabulary();
    let mut dice = Dice(2);
    let kind = JobKind::Transcribe {
        model: "whisper-base".to_owned(),
        options: TranscribeOptions::default(),
    };
    let language = DetectedLanguage {
        code: "ko".to_owned(),
        probability: Some(0.99),
    };
    for number in 0..n_recordings {
        let title = format!("{} {number}", sentence(&mut dice, &words));
        let draft = RecordingDraft {
            source: format!("{number}.m4a"),
            media: MediaPlace::Referenced(format!("/recordings/{number}.m4a")),
            hash: format!("{number:064x}"),
            bytes: 1_000_000,
            title,
        };
        let segments: Vec<Segment> = (0..n_segments)
            .map(|idx| {
                let mut text = sentence(&mut dice, &words);
                if number % 1_000 == 7 && idx == 30 {
                    text.push_str(" 바늘구멍 zebrafish");
                }
                let start_ms = idx * 5_000;
                // Here and there a segment was heard badly.
                let (confidence, flags) = match idx % 20 {
                    3 => (0.4, vec![SegmentFlag::LowConfidence]),
                    _ => (0.9, Vec::new()),
                };
                Segment {
                    start_ms,
                    end_ms: start_ms + 4_900,
                    confidence,
                    speaker: None,
                    flags,
                    words: text
                        .split(' ')
                        .map(|word| Word {
                            start_ms,
                            end_ms: start_ms + 400,
                            text: word.to_owned(),
                            confidence,
                        })
                        .collect(),
                    text,
                }
            })
            .collect();
        let id = library.add_recording(&draft).unwrap();
        let lease = Duration::from_secs(60);
        let job = library.enqueue_claimed(id, &kind, "example", lease).unwrap();
        let chunk = ChunkRecord {
            source_end_ms: n_segments * 5_000,
            segments: &segments,
            language: Some(&language),
        };
        library.record_chunk(job, "example", &chunk).unwrap();
        library.finish(job, "example", &JobEnd::Done).unwrap();
    }
}

/// Times of several runs in milliseconds.
struct Times {
    best: f64,
    median: f64,
    worst: f64,
    /// Processor time of the whole, for one run: what counts where other programs are busy. Zero
    /// where the system does not tell.
    processor: f64,
}

impl Times {
    fn print(&self, n_found: usize, what: &str) {
        println!(
            "best {:7.2}  median {:7.2}  worst {:7.2}  processor {:7.2} ms  {n_found:5}  {what}",
            self.best, self.median, self.worst, self.processor
        );
    }
}

/// Nanoseconds for which this thread has been running, on Linux.
fn processor_ns() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|ns| ns.parse().ok())
        .unwrap_or(0.0)
}

fn time<T>(mut run: impl FnMut() -> T) -> (Times, T) {
    let mut times = Vec::new();
    let mut result = None;
    let processor_start = processor_ns();
    for _ in 0..N_REPEATS {
        let start = Instant::now();
        result = Some(run());
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    let processor = (processor_ns() - processor_start) / 1e6 / N_REPEATS as f64;
    times.sort_by(f64::total_cmp);
    let times = Times {
        best: times[0],
        median: times[N_REPEATS / 2],
        worst: times[N_REPEATS - 1],
        processor,
    };
    (times, result.unwrap())
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let kept = arguments.next().map(PathBuf::from);
    let n_recordings: usize = arguments.next().map_or(10_000, |n| n.parse().unwrap());
    let n_segments: u64 = arguments.next().map_or(60, |n| n.parse().unwrap());
    let scratch = tempfile::tempdir().unwrap();
    let dir = kept.unwrap_or_else(|| scratch.path().to_owned());
    let library = Library::open(&dir).unwrap();
    let there = library.n_recordings(false).unwrap() as usize;
    if there < n_recordings {
        let start = Instant::now();
        fill(&library, n_recordings - there, n_segments);
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "filled in {seconds:.1} s, {:.2} ms a recording",
            seconds * 1_000.0 / (n_recordings - there) as f64
        );
    }
    let bytes = std::fs::metadata(dir.join("library.db")).unwrap().len();
    println!(
        "{n_recordings} recordings, {} segments, {} MiB",
        library.n_segments().unwrap(),
        bytes >> 20
    );
    for (what, limit, offset) in [
        ("list, first 100", Some(100), 0),
        ("list, last 100", Some(100), 9_900),
        ("list, all", None, 0),
    ] {
        let listing = Listing {
            limit,
            offset,
            ..Listing::default()
        };
        let (times, found) = time(|| library.recordings(&listing).unwrap().len());
        times.print(found, what);
    }
    let first = library.recordings(&Listing::default()).unwrap()[0].id;
    let (times, found) = time(|| library.transcript(first).unwrap().segments.len());
    times.print(found, "one transcript");
    for words in [
        "바늘구멍",
        "zebrafish",
        "바늘",
        "늘",
        "회의",
        "회의 내일",
        "회의 일정 내일",
        "회의 바늘",
        "바늘 zebrafish",
        "the",
        "a",
        "이",
        "meeting",
        "meeting budget",
        "\"next week\"",
        "\"the meeting budget\"",
        "\"회의 내일\"",
        "station",
        "engine 회의",
        "the 회의",
        "meeting the worker 회의",
        "notthere",
        "회의 notthere",
        "nationstation",
        "zebrafish 9007",
        "없는말",
    ] {
        let (times, found) = time(|| search(&library, words, 50).unwrap().len());
        times.print(found, &format!("search {words}"));
    }
}
