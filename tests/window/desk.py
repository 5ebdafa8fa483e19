"""What a desktop shows outside the window, one JSON line each: notifications, and the task bar's progress."""
import json

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NOTIFICATIONS = """
<node><interface name="org.freedesktop.Notifications">
  <method name="Notify">
    <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
    <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
    <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
  </method>
  <method name="GetCapabilities"><arg type="as" direction="out"/></method>
  <method name="GetServerInformation">
    <arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/><arg type="s" direction="out"/>
  </method>
</interface></node>
"""
ANSWERS = {
    "Notify": GLib.Variant("(u)", (1,)),
    "GetCapabilities": GLib.Variant("(as)", (["body"],)),
    "GetServerInformation": GLib.Variant("(ssss)", ("desk", "test", "1", "1.2")),
}


def say(**what):
    print(json.dumps(what), flush=True)


def called(_bus, _sender, _path, _interface, method, arguments, invocation):
    if method == "Notify":
        _, _, _, title, body, _, _, _ = arguments.unpack()
        say(title=title, body=body)
    invocation.return_value(ANSWERS[method])


def updated(_bus, _sender, _path, _interface, _signal, arguments):
    program, state = arguments.unpack()
    say(program=program, percent=round(state["progress"] * 100) if state["progress-visible"] else None)


bus = Gio.bus_get_sync(Gio.BusType.SESSION)
interface = Gio.DBusNodeInfo.new_for_xml(NOTIFICATIONS).interfaces[0]
bus.register_object("/org/freedesktop/Notifications", interface, called, None, None)
bus.signal_subscribe(None, "com.canonical.Unity.LauncherEntry", "Update", None, None, Gio.DBusSignalFlags.NONE, updated)
Gio.bus_own_name_on_connection(bus, "org.freedesktop.Notifications", Gio.BusNameOwnerFlags.NONE, None, None)
say(ready=True)
GLib.MainLoop().run()
