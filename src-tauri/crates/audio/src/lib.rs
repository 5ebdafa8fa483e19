//! Sound from files: everything between a path and the chunks that a transcriber takes.
//!
//! ```text
//! file ─ sniff ─ demux + decode (symphonia, libopus) ─ mix down ─ place in time ─ 16 kHz (rubato)
//!      ─ waveform peaks ─ even loudness ─ voice activity (Silero) ─ pack into chunks of up to 30 s
//! ```
//!
//! * [`probe`] says what a file is without decoding it.
//! * [`Decoder`] streams any supported file as 16 kHz mono `f32`; memory stays flat however long
//!   the file is. Times are those of a player: encoder delay, edit lists and gaps between time
//!   stamps are taken into account.
//! * [`Chunks`] runs a decoder on a thread of its own and hands out [`recordroute_core::Chunk`]s,
//!   cut in pauses, with long silences left out. The same file gives the same chunks.
//! * [`Phrases`] follows a recording that is being made and hands out what was said as it is said.
//! * [`Peaks`] is the waveform for the eye, computed on the way.
//!
//! Files are hostile until shown otherwise: content is sniffed and never judged by its extension,
//! tables and loops are bounded, a panic in a decoder library ends in an error or in a stretch of
//! silence that is marked as damaged.

mod aac;
pub mod capture;
mod chunks;
mod codec;
mod container;
mod decoder;
mod error;
mod gain;
mod mix;
mod mkv;
mod mp4;
mod mp4_boxes;
mod mpeg;
mod notice;
mod pack;
mod peaks;
mod phrase;
mod phrases;
mod resample;
mod segment;
mod silero;
mod sniff;
mod source;
mod timeline;
mod track;
mod vad;
mod wav;
mod wav_head;

pub use chunks::{ChunkOptions, Chunks};
pub use container::{MediaInfo, probe};
pub use decoder::{Block, Decoder};
pub use error::AudioError;
pub use peaks::{PEAKS_PER_SECOND, Peaks};
pub use phrases::{Heard, Phrases};
pub use vad::{FRAME_SAMPLES, VoiceActivity};
pub use wav::SpeechWav;
