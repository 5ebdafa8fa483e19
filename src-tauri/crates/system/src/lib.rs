//! What the operating system is told and asked, without a window of our own: that the computer stays
//! awake, and with the feature `desktop` what a desktop shows outside the window: the tray icon, the
//! global shortcut, the progress in the task bar.
//!
//! Nothing here may delay or fail what the program is for. What waits for the system has a thread of its
//! own, and a desktop that lacks something is a line in the log.

mod awake;
#[cfg(feature = "desktop")]
mod clipboard;
mod glance;
#[cfg(feature = "desktop")]
mod icon;
#[cfg(feature = "desktop")]
mod native_words;
#[cfg(feature = "desktop")]
mod shortcut;
#[cfg(all(feature = "desktop", target_os = "linux"))]
mod task_bar;
#[cfg(feature = "desktop")]
mod tray;
#[cfg(feature = "desktop")]
mod tray_look;

pub use awake::{Awake, Sleep};
#[cfg(feature = "desktop")]
pub use clipboard::{Clipboard, ClipboardError};
pub use glance::{Glance, Wish};
#[cfg(feature = "desktop")]
pub use native_words::Words;
#[cfg(feature = "desktop")]
pub use shortcut::{ShortcutError, is_unreachable, take_shortcut};
#[cfg(all(feature = "desktop", target_os = "linux"))]
pub use task_bar::TaskBarSignal;
#[cfg(feature = "desktop")]
pub use tray::{show_tray, take_tray_away};
#[cfg(feature = "desktop")]
pub use tray_look::{Light, TrayCommand, TrayEntry, TrayLook};
