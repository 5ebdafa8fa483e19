"""A small window from which files can really be dragged: drag.py X Y PATH…"""
import sys

import gi

gi.require_version("Gdk", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

x, y, paths = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
window = Gtk.Window(title="drag source")
window.set_default_size(140, 100)
area = Gtk.EventBox()
area.add(Gtk.Label(label=f"{len(paths)} files"))
area.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
area.drag_source_add_uri_targets()
area.connect(
    "drag-data-get",
    lambda _widget, _context, data, _info, _time: data.set_uris([GLib.filename_to_uri(path) for path in paths]),
)
area.connect("drag-end", lambda *_: GLib.timeout_add(300, Gtk.main_quit))
window.add(area)
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(x, y)
print("ready", flush=True)
Gtk.main()
