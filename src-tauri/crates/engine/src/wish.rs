//! A recording asked for from outside the window, by a tray icon or a shortcut: there is nothing to choose,
//! so that what the settings remember is taken.

use recordroute_audio::capture::{InputDevice, InputKind};
use recordroute_system::{Glance, Wish};

use crate::live::inputs;
use crate::{Error, RecordOptions, Recorded, Session, Settings};

/// What came of a wish.
#[derive(Debug, Clone, PartialEq)]
pub enum Fulfilled {
    /// A recording is being made now.
    Began,
    /// It was paused, or goes on.
    Paused,
    /// It has ended and is in the library.
    Stopped(Recorded),
    /// It was so already, or is just becoming so.
    Nothing,
}

impl RecordOptions {
    /// What the settings remember, as far as it is there now.
    pub fn remembered(settings: &Settings, inputs: &[InputDevice]) -> Self {
        let microphones = || inputs.iter().filter(|input| input.kind == InputKind::Microphone);
        let system = settings.record_system && inputs.iter().any(|input| input.kind == InputKind::System);
        let wants_microphone = settings.record_microphone || !system;
        let chosen = microphones().find(|input| Some(&input.id) == settings.record_device.as_ref());
        // Beside the computer's sound a microphone has to be named; alone, the system's own choice is followed.
        let named = chosen.or_else(|| microphones().next().filter(|_| system));
        Self {
            title: None,
            device: named.filter(|_| wants_microphone).map(|input| input.id.clone()),
            system,
            transcribe: settings.record_transcribe,
            live: settings.record_live,
        }
    }
}

impl Session {
    /// Does what is asked; what is so already is no error.
    pub fn fulfil(&self, wish: Wish) -> Result<Fulfilled, Error> {
        let live = self.live();
        match (wish, live.glance()) {
            (Wish::Begin | Wish::BeginOrStop, Glance::Idle) if !live.is_recording() => {
                let options = RecordOptions::remembered(&self.settings()?, &inputs()?);
                live.begin(&self.engine()?, &options)?;
                Ok(Fulfilled::Began)
            }
            (Wish::PauseOrResume, Glance::Running { .. }) => live.pause(true).map(|()| Fulfilled::Paused),
            (Wish::PauseOrResume, Glance::Paused { .. }) => live.pause(false).map(|()| Fulfilled::Paused),
            (Wish::Stop | Wish::BeginOrStop, Glance::Running { .. } | Glance::Paused { .. }) => {
                live.stop().map(Fulfilled::Stopped)
            }
            _ => Ok(Fulfilled::Nothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SettingsSources;

    fn input(id: &str, kind: InputKind) -> InputDevice {
        InputDevice {
            id: id.to_owned(),
            name: id.to_owned(),
            kind,
            is_default: false,
            sample_rate_hz: 48_000,
            n_channels: 1,
        }
    }

    fn remembered(change: impl FnOnce(&mut Settings), ids: &[&str]) -> (Option<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = SettingsSources::in_folder(folder.path()).load().unwrap();
        change(&mut settings);
        let kind = |id: &str| match id {
            "speakers" => InputKind::System,
            _ => InputKind::Microphone,
        };
        let inputs: Vec<InputDevice> = ids.iter().map(|id| input(id, kind(id))).collect();
        let options = RecordOptions::remembered(&settings, &inputs);
        (options.device, options.system)
    }

    #[test]
    fn what_was_chosen_last_is_recorded_as_far_as_it_is_there() {
        let named = |id: &str| Some(id.to_owned());
        let all = ["built-in", "headset", "speakers"];
        assert_eq!(
            remembered(|_| {}, &all),
            (None, false),
            "the system's own microphone"
        );
        let headset = |settings: &mut Settings| settings.record_device = named("headset");
        assert_eq!(
            remembered(headset, &all),
            (named("headset"), false),
            "the chosen one"
        );
        assert_eq!(
            remembered(headset, &["built-in"]),
            (None, false),
            "one that is away is no reason not to record"
        );
        let both = |settings: &mut Settings| settings.record_system = true;
        assert_eq!(
            remembered(both, &all),
            (named("built-in"), true),
            "beside the computer's sound a microphone is named"
        );
        assert_eq!(
            remembered(both, &["built-in"]),
            (None, false),
            "a computer whose sound cannot be heard has its microphone"
        );
        let alone = |settings: &mut Settings| {
            both(settings);
            settings.record_microphone = false;
        };
        assert_eq!(
            remembered(alone, &all),
            (None, true),
            "the computer's sound alone"
        );
        assert_eq!(
            remembered(alone, &["built-in"]),
            (None, false),
            "or the microphone where that is all there is"
        );
    }
}
