//! The thread on which sound comes in must not wait for its turn where others keep the processors busy:
//! a sound server drops what is not fetched in time. macOS and Windows see to that themselves.

use std::sync::atomic::{AtomicU32, Ordering};

/// The thread that a device calls on, told by itself at its first call.
#[derive(Debug, Default)]
pub(super) struct CallThread {
    id: AtomicU32,
}

impl CallThread {
    /// Called by the thread; one system call, and that only the first time.
    pub fn tell(&self) {
        if self.id.load(Ordering::Relaxed) == 0 {
            self.id.store(this_thread(), Ordering::Relaxed);
        }
    }

    /// Its number; 0 while it has not called yet.
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
fn this_thread() -> u32 {
    0
}

#[cfg(not(target_os = "linux"))]
pub(super) fn raise(_: u32) {}

#[cfg(target_os = "linux")]
fn this_thread() -> u32 {
    rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs()
}

/// What PulseAudio and PipeWire give their own threads, and what RealtimeKit grants.
#[cfg(target_os = "linux")]
const NICE: i32 = -11;

/// Asks for the thread to be preferred; without it sound comes in as well, as long as there is room.
#[cfg(target_os = "linux")]
pub(super) fn raise(thread: u32) {
    // The message bus may take its time.
    let asking = std::thread::Builder::new().name("sound priority".to_owned());
    let asked = asking.spawn(move || match raise_now(thread) {
        Ok(()) => tracing::debug!(thread, "sound is preferred"),
        Err(error) => tracing::debug!(%error, "the system does not prefer sound"),
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "the system does not prefer sound");
    }
}

#[cfg(target_os = "linux")]
fn raise_now(thread: u32) -> zbus::Result<()> {
    const REALTIME_KIT: &str = "org.freedesktop.RealtimeKit1";
    const REALTIME_KIT_PATH: &str = "/org/freedesktop/RealtimeKit1";
    // Few users may do it themselves.
    let id = i32::try_from(thread)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    if rustix::process::setpriority_process(id, NICE).is_ok() {
        return Ok(());
    }
    let wish = (u64::from(thread), NICE);
    zbus::blocking::Connection::system()?
        .call_method(
            Some(REALTIME_KIT),
            REALTIME_KIT_PATH,
            Some(REALTIME_KIT),
            "MakeThreadHighPriority",
            &wish,
        )
        .map(drop)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_thread_that_calls_is_known_and_preferred_where_that_is_allowed() {
        let thread = CallThread::default();
        assert_eq!(thread.id(), 0, "nobody has called");
        thread.tell();
        let own = thread.id();
        assert_eq!(own, this_thread(), "the caller is known");
        std::thread::scope(|scope| {
            scope.spawn(|| thread.tell());
        });
        assert_eq!(thread.id(), own, "the first call counts");

        // Of a thread that ends at once, so that the tests themselves are not preferred.
        std::thread::spawn(|| {
            let id = this_thread();
            let allowed = raise_now(id).is_ok();
            let stat = std::fs::read_to_string(format!("/proc/self/task/{id}/stat")).unwrap();
            let nice = stat
                .rsplit(')')
                .next()
                .and_then(|rest| rest.split_whitespace().nth(16));
            assert_eq!(nice == Some("-11"), allowed, "it is as it was told: {nice:?}");
        })
        .join()
        .unwrap();
    }
}
