"""The service that a program asks to keep the computer awake. What is asked and given back is a line each.
With the word `mute` it never answers."""
import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

MANAGER = """
<node><interface name="org.freedesktop.login1.Manager"><method name="Inhibit">
  <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
  <arg type="h" direction="out"/>
</method></interface></node>
"""


def say(*words):
    print(*words, flush=True)


def given_back(_end, _condition, what):
    say("released", what)
    return False


def called(_bus, _sender, _path, _interface, _method, arguments, invocation):
    what, who, _why, mode = arguments.unpack()
    say("asked", what, who, mode)
    if "mute" in sys.argv:
        return
    kept, given = os.pipe()
    # Whoever holds the other end keeps the computer awake; the system closes it with the program.
    GLib.io_add_watch(kept, GLib.IO_HUP, given_back, what)
    files = Gio.UnixFDList.new_from_array([given])
    invocation.return_value_with_unix_fd_list(GLib.Variant("(h)", (0,)), files)


bus = Gio.DBusConnection.new_for_address_sync(
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"],
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None,
)
interface = Gio.DBusNodeInfo.new_for_xml(MANAGER).interfaces[0]
bus.register_object("/org/freedesktop/login1", interface, called, None, None)
Gio.bus_own_name_on_connection(
    bus, "org.freedesktop.login1", Gio.BusNameOwnerFlags.NONE, lambda *_: say("ready"), None,
)
GLib.MainLoop().run()
