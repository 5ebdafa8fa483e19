"""A desktop's place for tray icons. What it shows is a JSON line each; a line that comes in is the entry of its menu
that is chosen. As real ones do, it looks again only when the program says that something has changed."""
import json
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

NAME, ITEM, MENU = "org.kde.StatusNotifierWatcher", "org.kde.StatusNotifierItem", "com.canonical.dbusmenu"
WATCHER = """
<node><interface name="org.kde.StatusNotifierWatcher">
  <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
  <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
  <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
  <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
  <property name="ProtocolVersion" type="i" access="read"/>
</interface></node>
"""
PROPERTIES = {
    "RegisteredStatusNotifierItems": GLib.Variant("as", []),
    "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
    "ProtocolVersion": GLib.Variant("i", 0),
}
bus = Gio.bus_get_sync(Gio.BusType.SESSION)
shown = {}
program = {}


def say(**what):
    print(json.dumps(what), flush=True)


def ask(path, interface, method, arguments):
    return bus.call_sync(program["name"], path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000, None).unpack()


def look():
    try:
        show()
    except GLib.Error:
        # The program has ended, and its icon with it.
        pass
    return False


def show():
    properties = ask("/StatusNotifierItem", "org.freedesktop.DBus.Properties", "GetAll", GLib.Variant("(s)", (ITEM,)))[0]
    program["menu"] = properties["Menu"]
    _, (_, _, entries) = ask(program["menu"], MENU, "GetLayout", GLib.Variant("(iias)", (0, -1, [])))
    program["entries"] = {values["label"]: number for number, values, _ in entries if "label" in values}
    (width, _, pixels), *_ = properties["IconPixmap"]
    at = (32 * width + 32) * 4
    now = {
        "tooltip": properties["ToolTip"][3],
        "enabled": [values["label"] for _, values, _ in entries if "label" in values and values.get("enabled", True)],
        # Where the badge is: opacity, red, green, blue.
        "badge": bytes(pixels[at:at + 4]).hex(),
    }
    if now != shown:
        shown.update(now)
        say(**now)


def called(_bus, sender, _path, _interface, method, arguments, invocation):
    invocation.return_value(None)
    if method == "RegisterStatusNotifierItem":
        program["name"] = sender
        bus.signal_subscribe(sender, None, None, None, None, Gio.DBusSignalFlags.NONE, lambda *_: GLib.idle_add(look))
        GLib.timeout_add(200, look)


def property_of(_bus, _sender, _path, _interface, name):
    return PROPERTIES[name]


def chosen(_source, _condition):
    entry = sys.stdin.readline().strip()
    if not entry:
        return False
    ask(program["menu"], MENU, "Event", GLib.Variant("(isvu)", (program["entries"][entry], "clicked", GLib.Variant("i", 0), 0)))
    return True


interface = Gio.DBusNodeInfo.new_for_xml(WATCHER).interfaces[0]
bus.register_object("/StatusNotifierWatcher", interface, called, property_of, None)
Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, None, None)
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, chosen)
say(ready=True)
GLib.MainLoop().run()
