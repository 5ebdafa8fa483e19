use std::sync::mpsc::{Sender, channel};

/// What of the computer's sleep is prevented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sleep {
    /// The one that comes when nobody touches the computer for a while.
    Idle,
    /// That, and as far as the system lets a program, any other.
    Any,
}

/// The computer stays awake for as long as this lives; its display may go off.
///
/// Neither making nor dropping it waits for anything: the system is asked on a thread of its own, which
/// Windows wants besides, where the wish belongs to the thread that has it.
pub struct Awake {
    _until_dropped: Option<Sender<()>>,
}

impl Awake {
    /// `why` is shown where the system lists what keeps it awake.
    pub fn new(sleep: Sleep, why: &'static str) -> Self {
        let (until_dropped, dropped) = channel::<()>();
        let thread = std::thread::Builder::new().name("awake".to_owned());
        let asked = thread.spawn(move || {
            let held = hold(sleep, why);
            // Nothing is ever sent: this ends when the other side is dropped.
            let _ = dropped.recv();
            drop(held);
        });
        if let Err(error) = &asked {
            tracing::debug!(%error, "nobody asks the computer to stay awake");
        }
        Self {
            _until_dropped: asked.is_ok().then_some(until_dropped),
        }
    }
}

/// None where the system cannot be asked, such as a desktop without a message bus.
fn hold(sleep: Sleep, why: &str) -> Option<keepawake::KeepAwake> {
    // On Windows that would be away mode, in which a laptop goes on in the bag of whoever closed it.
    let any = sleep == Sleep::Any && !cfg!(windows);
    let ask = |any: bool| {
        keepawake::Builder::default()
            .idle(true)
            .sleep(any)
            .reason(why)
            .app_name("RecordRoute")
            .app_reverse_domain("org.recordroute.desktop")
            .create()
    };
    // Some systems let a program prevent the one and not the other.
    let held = match ask(any) {
        Err(_) if any => ask(false),
        held => held,
    };
    held.inspect_err(|error| tracing::debug!(%error, "the computer may fall asleep"))
        .ok()
}
