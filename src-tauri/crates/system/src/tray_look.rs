use crate::{Glance, Wish, Words};

/// The badge on the icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// None.
    Off,
    /// A red dot.
    Recording,
    /// Two bars.
    Paused,
}

/// What an entry of the menu is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrayCommand {
    /// Something about the recording.
    Record(Wish),
    /// Bring the window to the front.
    Show,
    /// End the program.
    Quit,
}

/// The entries in their order, with the names under which a choice comes back.
pub(crate) const COMMANDS: [(&str, TrayCommand); 5] = [
    ("tray-begin", TrayCommand::Record(Wish::Begin)),
    ("tray-pause", TrayCommand::Record(Wish::PauseOrResume)),
    ("tray-stop", TrayCommand::Record(Wish::Stop)),
    ("tray-show", TrayCommand::Show),
    ("tray-quit", TrayCommand::Quit),
];

impl TrayCommand {
    /// Of the entry that was chosen; none where it is of another menu.
    pub fn of_entry(id: &str) -> Option<Self> {
        let found = COMMANDS.iter().find(|(name, _)| *name == id);
        found.map(|(_, command)| *command)
    }
}

/// An entry of the menu as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrayEntry {
    /// What is written on it.
    pub text: &'static str,
    /// It can be chosen.
    pub enabled: bool,
}

/// The icon and its menu as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayLook {
    /// The badge.
    pub light: Light,
    /// What is said where the mouse rests on it.
    pub tooltip: String,
    /// As many as there are commands.
    pub entries: [TrayEntry; 5],
}

impl TrayLook {
    /// As it is while a recording is like that.
    pub fn of(glance: Glance, words: &Words) -> Self {
        let (light, state) = match glance {
            Glance::Idle => (Light::Off, None),
            Glance::Running { elapsed_s } => (Light::Recording, Some((words.recording, elapsed_s))),
            Glance::Paused { elapsed_s } => (Light::Paused, Some((words.paused, elapsed_s))),
        };
        let is_live = light != Light::Off;
        let pause = if light == Light::Paused {
            words.resume
        } else {
            words.pause
        };
        let entry = |text, enabled| TrayEntry { text, enabled };
        Self {
            light,
            tooltip: match state {
                Some((state, elapsed_s)) => format!("RecordRoute: {state}, {}", clock(elapsed_s)),
                None => "RecordRoute".to_owned(),
            },
            entries: [
                entry(words.begin, !is_live),
                entry(pause, is_live),
                entry(words.stop, is_live),
                entry(words.show, true),
                entry(words.quit, true),
            ],
        }
    }
}

/// As the window shows it.
fn clock(elapsed_s: u64) -> String {
    let (minutes, seconds) = (elapsed_s / 60, elapsed_s % 60);
    match minutes / 60 {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{:02}:{seconds:02}", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(glance: Glance) -> TrayLook {
        TrayLook::of(glance, Words::of(false))
    }

    fn offered(glance: Glance) -> Vec<&'static str> {
        let entries = look(glance).entries;
        let enabled = entries.iter().filter(|entry| entry.enabled);
        enabled.map(|entry| entry.text).collect()
    }

    #[test]
    fn the_menu_offers_what_can_be_done_now() {
        assert_eq!(
            offered(Glance::Idle),
            ["Start recording", "Show RecordRoute", "Quit"],
            "there is nothing to pause or stop"
        );
        assert_eq!(
            offered(Glance::Running { elapsed_s: 1 }),
            ["Pause", "Stop recording", "Show RecordRoute", "Quit"],
            "one recording at a time"
        );
        assert_eq!(
            offered(Glance::Paused { elapsed_s: 1 }),
            ["Go on", "Stop recording", "Show RecordRoute", "Quit"],
            "a paused one goes on, or ends"
        );
    }

    #[test]
    fn light_and_tooltip_tell_how_it_is() {
        let (idle, running) = (look(Glance::Idle), look(Glance::Running { elapsed_s: 3_725 }));
        assert_eq!(
            (idle.light, idle.tooltip.as_str()),
            (Light::Off, "RecordRoute"),
            "quiet"
        );
        assert_eq!(
            (running.light, running.tooltip.as_str()),
            (Light::Recording, "RecordRoute: Recording, 1:02:05"),
            "red, with the time as the window shows it"
        );
        let korean = TrayLook::of(Glance::Paused { elapsed_s: 65 }, Words::of(true));
        assert_eq!(
            (korean.light, korean.tooltip.as_str()),
            (Light::Paused, "RecordRoute: 일시 정지됨, 1:05"),
            "in the language of the window"
        );
    }

    #[test]
    fn a_choice_comes_back_as_what_it_is_for() {
        assert_eq!(
            TrayCommand::of_entry("tray-stop"),
            Some(TrayCommand::Record(Wish::Stop)),
            "by the entry's name"
        );
        assert_eq!(
            TrayCommand::of_entry("copy"),
            None,
            "other menus have other names"
        );
    }
}
