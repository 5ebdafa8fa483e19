//! The use cases of RecordRoute: every verb of the program is one method of [`Engine`], and the
//! window, the command line and the HTTP API are thin doors to it.
//!
//! - [`Engine`]: the handle that the doors hold: library, models, queue, events.
//! - [`Settings`]: defaults < config file < environment and `.env` < flags.
//! - [`worker`]: inference in a child process, so that native code cannot take the program down.
//! - the queue: one thread that claims jobs from the library by a lease, lets the worker do them,
//!   and stores each chunk's segments in one transaction with the job's progress. A job that was
//!   interrupted, however hard, goes on from its last stored chunk.
//! - Minutes, corrections and titles are jobs as well: a language model writes them, in the worker or on a
//!   server of the user's own, and what was written knows which text it was written from.
//! - [`Engine::find`] searches by words and by meaning; a thread keeps the index of meaning up with the
//!   transcripts, with an embedding model in a worker of its own.
//! - [`Engine::record`]: sound from devices, written so that a cut at any moment loses less than a second.
//!
//! Methods block; call them off the async runtime. They are safe to call from several threads.
#![warn(missing_docs)]

mod add;
mod add_many;
mod advice;
mod ask;
mod bench;
mod capture_lock;
mod closing;
mod correcting;
mod diagnostics;
mod doctor;
mod embedding_model;
mod engine;
mod error;
mod index;
mod language_model;
mod library_state;
mod live;
mod live_transcript;
mod logging;
mod logs;
mod meaning;
mod media;
#[cfg(target_os = "linux")]
mod media_server;
mod minutes;
mod model_list;
mod model_work;
mod offered;
mod outdated;
mod outside;
mod playable;
mod process;
mod progress;
mod queue;
mod reading;
mod record;
mod recover;
mod run_job;
mod session;
mod settings;
mod settings_file;
mod speakers;
mod speed;
mod tasks;
mod templates;
mod titles;
mod trouble;
mod walk;
mod wish;
pub mod worker;
mod writing;

pub use add::{AddOptions, Added, OnDuplicate};
pub use add_many::{AddProgress, AddResult, AddSummary};
pub use advice::{MachineMemory, machine_memory};
pub use ask::Question;
pub use bench::{BenchOptions, BenchReport, LanguageBenchReport, ReferenceScores};
pub use closing::Busy;
pub use doctor::{Finding, Report, Severity};
pub use engine::{Engine, QueueMode};
pub use error::{Error, without_commands};
pub use index::IndexReport;
pub use language_model::{LanguageModelEntry, LanguageModelSource, LanguageModels};
pub use library_state::LibraryState;
pub use live::{Live, LiveFacts, LiveState, LiveStatus, inputs};
pub use live_transcript::{LiveLine, LiveProblem, LiveText, LiveTextState};
pub use logging::{LogGuard, log_to_file, log_to_stderr};
pub use logs::{LogLevel, LogLine};
pub use meaning::Found;
pub use media::{MediaAnswer, MediaRange, MediaSlice};
pub use minutes::{MinutesChoice, MinutesEstimate};
pub use model_list::{ModelList, OfferedModel, list_models};
pub use model_work::{
    DownloadEnd, ModelProgress, ModelWork, download_model, import_model, import_name, model_id, verify_model,
};
pub use offered::{OfferedPaths, files_of};
pub use outdated::Outdated;
pub use outside::{Change, Outside};
pub use process::ProcessOptions;
pub use reading::TagCount;
pub use record::{LiveRecording, RecordOptions, Recorded, input_devices};
pub use recordroute_audio::capture;
pub use recordroute_core as core;
pub use recordroute_digest::{Localized, SectionTemplate, Template};
pub use recordroute_export::{Format, WrittenFormat};
pub use recordroute_models as models;
pub use recordroute_search::{Filters, FoundBy, Hit, HitPassage, Mode, Query, SimilarRecording, SnippetPart};
pub use recordroute_store::{IndexState, JobListing, Listing, ShownSegment, StoredMinutes};
pub use recordroute_system::{Glance, Wish};
pub use recover::UnfinishedRecording;
pub use session::{About, Place, Session, SessionListener};
pub use settings::{InterfaceLanguage, MediaPolicy, Overrides, Settings, SettingsError, Theme};
pub use settings_file::SettingsSources;
pub use tasks::{Task, Tasks};
pub use templates::Templates;
pub use trouble::{Trouble, Troubles};
pub use walk::MEDIA_ENDINGS;
pub use wish::Fulfilled;
