use std::cell::RefCell;

use tray_icon::menu::{Menu, MenuItem, PredefinedMenuItem};
use tray_icon::{Icon, TrayIcon, TrayIconBuilder, TrayIconEvent};

use crate::icon::{SIZE, draw};
use crate::tray_look::COMMANDS;
use crate::{Light, TrayLook};

thread_local! {
    /// Of the one thread that shows it; nothing inside where the desktop has no place for it.
    static TRAY: RefCell<Option<Option<Tray>>> = const { RefCell::new(None) };
}

/// Shows the icon from now on as `next_look` tells, which waits until something has changed. What is
/// chosen in its menu comes back as an event of the menus.
///
/// Windows and macOS want it on the main thread, where `on_main` runs things. On Linux it has a thread of
/// its own, so that a desktop that does not answer holds up nothing.
pub fn show_tray(
    mut next_look: impl FnMut() -> TrayLook + Send + 'static,
    on_main: impl Fn(Box<dyn FnOnce() + Send>) + Send + 'static,
) {
    // Nobody wants to know where the mouse is, and unheard events would be kept for ever.
    TrayIconEvent::set_event_handler(Some(|_| {}));
    let follow = move || {
        #[cfg(target_os = "linux")]
        if let Err(error) = wait_for_host() {
            tracing::debug!(%error, "the desktop shows no tray icon");
            return;
        }
        loop {
            let look = next_look();
            match cfg!(target_os = "linux") {
                true => show(look),
                false => on_main(Box::new(|| show(look))),
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("tray".to_owned()).spawn(follow) {
        tracing::debug!(%error, "nobody shows a tray icon");
    }
}

/// Takes it away before the program ends; Windows would show it until the mouse comes by. Only on the main
/// thread.
pub fn take_tray_away() {
    TRAY.with_borrow_mut(|tray| *tray = Some(None));
}

fn show(look: TrayLook) {
    TRAY.with_borrow_mut(|tray| {
        let made = tray.get_or_insert_with(|| {
            Tray::new(look.clone())
                .inspect_err(|error| tracing::debug!(%error, "the system shows no tray icon"))
                .ok()
        });
        if let Some(tray) = made {
            tray.show(look);
        }
    });
}

struct Tray {
    icon: TrayIcon,
    entries: Vec<MenuItem>,
    shown: TrayLook,
}

impl Tray {
    fn new(look: TrayLook) -> Result<Self, Box<dyn std::error::Error>> {
        let entries: Vec<MenuItem> = COMMANDS
            .iter()
            .zip(look.entries)
            .map(|((id, _), entry)| MenuItem::with_id(*id, entry.text, entry.enabled, None))
            .collect();
        let menu = Menu::new();
        for (idx, entry) in entries.iter().enumerate() {
            // What is about the recording stands apart from what is about the program.
            if idx == 3 {
                menu.append(&PredefinedMenuItem::separator())?;
            }
            menu.append(entry)?;
        }
        let mut builder = TrayIconBuilder::new().with_id("recordroute");
        // Elsewhere it would stand beside the icon.
        if cfg!(target_os = "linux") {
            builder = builder.with_title("RecordRoute");
        }
        let icon = builder
            .with_icon(icon_with(look.light)?)
            .with_icon_as_template(IS_TEMPLATE)
            .with_tooltip(&look.tooltip)
            .with_menu(Box::new(menu))
            .build()?;
        Ok(Self {
            icon,
            entries,
            shown: look,
        })
    }

    /// Changes what is not shown so already.
    fn show(&mut self, look: TrayLook) {
        let before = std::mem::replace(&mut self.shown, look.clone());
        for ((entry, old), new) in self.entries.iter().zip(before.entries).zip(look.entries) {
            if old.text != new.text {
                entry.set_text(new.text);
            }
            if old.enabled != new.enabled {
                entry.set_enabled(new.enabled);
            }
        }
        let mut shown = Ok(());
        if before.light != look.light {
            let icon = icon_with(look.light).ok();
            // Elsewhere the one does nothing, and there the other loses that it is a template.
            shown = match IS_TEMPLATE {
                true => self.icon.set_icon_with_as_template(icon, true),
                false => self.icon.set_icon(icon),
            };
        }
        if before.tooltip != look.tooltip {
            shown = shown.and(self.icon.set_tooltip(Some(&look.tooltip)));
        }
        if let Err(error) = shown {
            tracing::debug!(%error, "the tray icon stays as it was");
        }
    }
}

/// macOS paints the icon itself, as light or dark as its menu bar is.
const IS_TEMPLATE: bool = cfg!(target_os = "macos");

fn icon_with(light: Light) -> Result<Icon, tray_icon::BadIcon> {
    Icon::from_rgba(draw(light, IS_TEMPLATE), SIZE, SIZE)
}

/// Waits until the desktop has a place for tray icons, which may come later than the program or never.
#[cfg(target_os = "linux")]
fn wait_for_host() -> zbus::Result<()> {
    const HOST: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::blocking::Connection::session()?;
    let names = zbus::blocking::fdo::DBusProxy::new(&bus)?;
    // Listened to before it is asked for, so that its coming is not missed.
    let changes = names.receive_name_owner_changed_with_args(&[(0, HOST)])?;
    if names.name_has_owner(HOST.try_into()?)? {
        return Ok(());
    }
    for change in changes {
        if change.args()?.new_owner().is_some() {
            return Ok(());
        }
    }
    Err(zbus::Error::Failure("the message bus is gone".to_owned()))
}
