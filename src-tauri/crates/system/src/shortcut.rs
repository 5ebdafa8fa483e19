use std::cell::RefCell;

use global_hotkey::hotkey::{Code, HotKey, Modifiers};
use global_hotkey::{Error, GlobalHotKeyEvent, GlobalHotKeyManager, HotKeyState};

thread_local! {
    /// Of the main thread, which Windows and macOS want it on.
    static TAKEN: RefCell<Option<(GlobalHotKeyManager, HotKey)>> = const { RefCell::new(None) };
}

/// A shortcut cannot be had: say the sentence where it was chosen; the one before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum ShortcutError {
    /// No keys that the system knows, such as in a settings file that was written by hand.
    #[error("“{0}” is no shortcut. Press the keys that you want to use.")]
    Unknown(String),
    /// Would take a key away from typing.
    #[error("Choose keys together with Ctrl, Alt or the system key, or one of the keys F1 to F24.")]
    Bare,
    /// Somebody else has it.
    #[error("Another program uses this shortcut. Choose other keys.")]
    Taken,
    /// No program can take any.
    #[error(
        "Under Wayland a program cannot take a shortcut that works everywhere. Use the tray icon instead."
    )]
    Wayland,
    /// The system's own reason.
    #[error("The system does not allow this shortcut ({0}). Choose other keys.")]
    Refused(String),
}

/// Whether no shortcut can be taken here at all: Wayland hands keys to the program in front alone, and
/// under XWayland a program is even told that it has them.
pub fn is_unreachable() -> bool {
    let is = |name: &str, wanted: fn(&str) -> bool| std::env::var(name).is_ok_and(|value| wanted(&value));
    cfg!(target_os = "linux")
        && (is("WAYLAND_DISPLAY", |name| !name.is_empty())
            || is("XDG_SESSION_TYPE", |kind| kind == "wayland"))
}

/// Takes the keys (`Ctrl+Shift+KeyR`, as a page names them) from the whole system, or none, instead of those
/// before. Only on the main thread; who is told by `pressed` is settled by the first call.
pub fn take_shortcut(
    keys: Option<&str>,
    pressed: impl Fn() + Send + Sync + 'static,
) -> Result<(), ShortcutError> {
    let wanted = keys.map(parsed).transpose()?;
    TAKEN.with_borrow_mut(|taken| {
        if taken.as_ref().map(|(_, before)| *before) == wanted {
            return Ok(());
        }
        let Some(wanted) = wanted else {
            if let Some((manager, before)) = taken.take()
                && let Err(error) = manager.unregister(before)
            {
                tracing::debug!(%error, "the shortcut before is not given back");
            }
            return Ok(());
        };
        if is_unreachable() {
            return Err(ShortcutError::Wayland);
        }
        let told = move |event: GlobalHotKeyEvent| {
            if event.state == HotKeyState::Pressed {
                pressed();
            }
        };
        GlobalHotKeyEvent::set_event_handler(Some(told));
        let (manager, before) = match taken.take() {
            Some((manager, before)) => (manager, Some(before)),
            // Made when it is needed: on Linux it looks for keys twenty times a second.
            None => (GlobalHotKeyManager::new().map_err(refused)?, None),
        };
        let result = manager.register(wanted).map_err(refused);
        let kept = if result.is_ok() { Some(wanted) } else { before };
        if let (Ok(()), Some(before)) = (&result, before)
            && let Err(error) = manager.unregister(before)
        {
            tracing::debug!(%error, "the shortcut before is not given back");
        }
        *taken = kept.map(|kept| (manager, kept));
        result
    })
}

fn parsed(keys: &str) -> Result<HotKey, ShortcutError> {
    let hotkey: HotKey = keys
        .parse()
        .map_err(|_| ShortcutError::Unknown(keys.to_owned()))?;
    let is_command = hotkey
        .mods
        .intersects(Modifiers::CONTROL | Modifiers::ALT | Modifiers::SUPER);
    match is_command || is_function_key(hotkey.key) {
        true => Ok(hotkey),
        false => Err(ShortcutError::Bare),
    }
}

fn is_function_key(key: Code) -> bool {
    let name = key.to_string();
    name.strip_prefix('F').is_some_and(|n| n.parse::<u8>().is_ok())
}

fn refused(error: Error) -> ShortcutError {
    match error {
        Error::AlreadyRegistered(_) => ShortcutError::Taken,
        other => ShortcutError::Refused(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_hinder_typing_is_a_shortcut() {
        for keys in ["Ctrl+Shift+KeyR", "Alt+Digit1", "Super+ArrowUp", "F9", "Shift+F9"] {
            assert!(parsed(keys).is_ok(), "{keys} can be pressed by mistake by nobody");
        }
        for keys in ["KeyR", "Shift+KeyR", "Space"] {
            assert!(
                matches!(parsed(keys), Err(ShortcutError::Bare)),
                "{keys} is what people type"
            );
        }
        for keys in ["", "Ctrl+", "Ctrl+Shift", "Nonsense+KeyR"] {
            assert!(
                matches!(parsed(keys), Err(ShortcutError::Unknown(_))),
                "{keys:?} names no key"
            );
        }
    }
}
