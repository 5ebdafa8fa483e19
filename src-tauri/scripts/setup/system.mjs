// System packages: what is needed, how to see that it is there, and what each package manager calls it.
// Looking comes first and takes milliseconds, so that a second run installs nothing and asks for nothing.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { Failure, output, say, status, which } from "./run.mjs";

const hasCommand = (...names) => () => names.some((name) => which(name) !== undefined);
const hasLibrary = (name) => () => output("pkg-config", ["--exists", name]) !== undefined;

/** bindgen loads libclang while whisper.cpp is compiled; it looks in these places itself. */
function hasLibclang() {
  const folders = [process.env.LIBCLANG_PATH, "/usr/lib", "/usr/lib64", "/usr/local/lib"];
  for (const llvm of ["/usr/lib", "/usr/lib64"]) {
    if (existsSync(llvm))
      for (const name of readdirSync(llvm))
        if (/^(llvm|x86_64-linux|aarch64-linux)/.test(name)) folders.push(join(llvm, name), join(llvm, name, "lib"));
  }
  return folders.some(
    (folder) => folder && existsSync(folder) && readdirSync(folder).some((name) => /^libclang([.-]\d+)*\.so/.test(name)),
  );
}

/** A plugin that a library of the system loads when it runs, such as a decoder of GStreamer. */
const hasPlugin = (folder, name) => () =>
  ["/usr/lib", "/usr/lib64", "/usr/local/lib"]
    .flatMap((lib) => [lib, ...(existsSync(lib) ? readdirSync(lib).map((below) => join(lib, below)) : [])])
    .some((lib) => existsSync(join(lib, folder, name)));

// Needed to compile the engine and the command line.
const ENGINE = {
  linux: [
    { probe: hasCommand("c++", "g++", "clang++"), apt: "build-essential", dnf: "gcc-c++", pacman: "base-devel", zypper: "gcc-c++" },
    { probe: hasCommand("make"), apt: "make", dnf: "make", pacman: "make", zypper: "make" },
    { probe: hasCommand("pkg-config"), apt: "pkg-config", dnf: "pkgconf-pkg-config", pacman: "pkgconf", zypper: "pkg-config" },
    { probe: hasCommand("cmake"), apt: "cmake", dnf: "cmake", pacman: "cmake", zypper: "cmake" },
    { probe: hasLibclang, apt: "libclang-dev", dnf: "clang-devel", pacman: "clang", zypper: "clang-devel" },
    { probe: hasLibrary("alsa"), apt: "libasound2-dev", dnf: "alsa-lib-devel", pacman: "alsa-lib", zypper: "alsa-devel" },
    {
      probe: () => output("python3", ["-Ic", "import importlib.util, sys; sys.exit(not importlib.util.find_spec('pip'))"]) !== undefined,
      apt: "python3-pip", dnf: "python3-pip", pacman: "python-pip", zypper: "python3-pip",
    },
  ],
  darwin: [
    { probe: hasCommand("cmake"), brew: "cmake" },
    { probe: hasCommand("python3"), brew: "python" },
  ],
  win32: [
    { probe: hasCommand("cmake"), winget: "Kitware.CMake" },
    { probe: () => which("clang") !== undefined || existsSync("C:\\Program Files\\LLVM\\bin\\libclang.dll"), winget: "LLVM.LLVM" },
    { probe: hasCommand("python", "py"), winget: "Python.Python.3.12" },
  ],
};

// Needed on top of that for the window; Windows and macOS bring their own web view.
const WINDOW = {
  linux: [
    {
      probe: hasLibrary("webkit2gtk-4.1"),
      apt: "libwebkit2gtk-4.1-dev", dnf: "webkit2gtk4.1-devel", pacman: "webkit2gtk-4.1", zypper: "webkit2gtk3-devel",
    },
    { probe: hasLibrary("librsvg-2.0"), apt: "librsvg2-dev", dnf: "librsvg2-devel", pacman: "librsvg", zypper: "librsvg-devel" },
    // The web view of Linux plays sound by GStreamer.
    {
      probe: hasPlugin("gstreamer-1.0", "libgstisomp4.so"),
      apt: "gstreamer1.0-plugins-good", dnf: "gstreamer1-plugins-good", pacman: "gst-plugins-good", zypper: "gstreamer-plugins-good",
    },
    { probe: hasPlugin("gstreamer-1.0", "libgstlibav.so"), apt: "gstreamer1.0-libav", dnf: "gstreamer1-plugin-libav", pacman: "gst-libav", zypper: "gstreamer-plugins-libav" },
  ],
};

// Needed to look at the page as people see it. Other systems bring a browser that is found.
const BROWSER = {
  linux: [
    { probe: hasCommand("chromium", "chromium-browser", "google-chrome"), apt: "chromium", dnf: "chromium", pacman: "chromium", zypper: "chromium" },
    {
      probe: () => Boolean(output("fc-list", [":lang=ko"])),
      apt: "fonts-nanum", dnf: "google-noto-sans-cjk-fonts", pacman: "noto-fonts-cjk", zypper: "noto-sans-cjk-fonts",
    },
  ],
};

/** The system's own Python, which has the system's GTK. */
const hasGtkForPython = () => output("/usr/bin/python3", ["-c", "import gi; gi.require_version('Gtk', '3.0')"]) !== undefined;

// Needed to drive the real window on a display without a screen. Only Linux has a driver for its web view.
const REAL_WINDOW = {
  linux: [
    { probe: hasCommand("Xvfb"), apt: "xvfb", dnf: "xorg-x11-server-Xvfb", pacman: "xorg-server-xvfb", zypper: "xorg-x11-server-Xvfb" },
    { probe: hasCommand("WebKitWebDriver"), apt: "webkit2gtk-driver", dnf: "webkit2gtk4.1", pacman: "webkit2gtk-4.1", zypper: "webkit2gtk-4_1-injected-bundles" },
    { probe: hasCommand("import"), apt: "imagemagick", dnf: "ImageMagick", pacman: "imagemagick", zypper: "ImageMagick" },
    { probe: hasCommand("xdotool"), apt: "xdotool", dnf: "xdotool", pacman: "xdotool", zypper: "xdotool" },
    { probe: hasCommand("openbox"), apt: "openbox", dnf: "openbox", pacman: "openbox", zypper: "openbox" },
    { probe: hasCommand("dbus-run-session"), apt: "dbus-daemon", dnf: "dbus-daemon", pacman: "dbus", zypper: "dbus-1" },
    { probe: hasGtkForPython, apt: "python3-gi", dnf: "python3-gobject", pacman: "python-gobject", zypper: "python3-gobject-Gdk" },
    { probe: hasGtkForPython, apt: "gir1.2-gtk-3.0", dnf: "gtk3", pacman: "gtk3", zypper: "typelib-1_0-Gtk-3_0" },
  ],
};

// Needed to record from a sound server that a test starts itself; only Linux lets it.
const SOUND = {
  linux: [
    { probe: hasCommand("pulseaudio"), apt: "pulseaudio", dnf: "pulseaudio", pacman: "pulseaudio", zypper: "pulseaudio" },
    { probe: hasCommand("pactl"), apt: "pulseaudio-utils", dnf: "pulseaudio-utils", pacman: "libpulse", zypper: "pulseaudio-utils" },
    { probe: hasPlugin("alsa-lib", "libasound_module_pcm_pulse.so"), apt: "libasound2-plugins", dnf: "alsa-plugins-pulseaudio", pacman: "alsa-plugins", zypper: "alsa-plugins-pulse" },
  ],
};

const MANAGERS = {
  apt: { command: "apt-get", install: ["install", "-y", "--no-install-recommends"], refresh: ["update"] },
  dnf: { command: "dnf", install: ["install", "-y"] },
  zypper: { command: "zypper", install: ["--non-interactive", "install"] },
  pacman: { command: "pacman", install: ["-S", "--needed", "--noconfirm"] },
  brew: { command: "brew", install: ["install"], asUser: true },
  winget: {
    command: "winget",
    install: ["install", "--silent", "--accept-package-agreements", "--accept-source-agreements", "--exact", "--id"],
    asUser: true,
    oneByOne: true,
  },
};

function managerOfThisSystem() {
  const name = Object.keys(MANAGERS).find((key) => which(MANAGERS[key].command));
  return name && { name, ...MANAGERS[name] };
}

/** `command` with sudo in front where we are not root; without a terminal sudo must not ask. */
function asRoot(command) {
  if (process.getuid?.() === 0) return command;
  if (!which("sudo")) throw new Failure(`run this as root, then try again: ${command.join(" ")}`);
  return ["sudo", ...(process.stdin.isTTY ? [] : ["-n"]), ...command];
}

function install(manager, packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const perform = (words) => {
    const command = [manager.command, ...words];
    const [program, ...args] = manager.asUser ? command : asRoot(command);
    return status(program, args, { env, stdio: ["inherit", 2, 2] });
  };
  say(`installing with ${manager.name}: ${packages.join(" ")}`);
  // Package lists may be missing or old, and a mirror may answer badly once: refresh and try again.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    if (attempt > 0 && manager.refresh) perform(manager.refresh);
    if (perform([...manager.install, ...packages]) === 0) return;
  }
  throw new Failure(
    `these packages could not be installed; install them by hand, then try again: ${packages.join(" ")}`,
  );
}

/** Sees to the system packages for the engine, with `window` for the window, with `windowTests` for
 * the tests of the page in a browser, of the real window and of recording. */
export function needSystemPackages({ window = false, windowTests = false }) {
  const wanted = [ENGINE, ...(window || windowTests ? [WINDOW] : []), ...(windowTests ? [BROWSER, REAL_WINDOW, SOUND] : [])];
  const needs = wanted.flatMap((list) => list[process.platform] ?? []);
  if (process.platform === "darwin" && output("xcode-select", ["-p"]) === undefined)
    throw new Failure("the compiler is missing: run xcode-select --install, then try again");
  let missing = needs.filter((need) => !need.probe());
  if (missing.length === 0) return;
  const manager = managerOfThisSystem();
  if (!manager)
    throw new Failure(`no known package manager here; install these by hand: ${missing.map((need) => need.apt ?? need.brew ?? need.winget).join(" ")}`);
  const packages = missing.map((need) => need[manager.name]).filter(Boolean);
  for (const group of manager.oneByOne ? packages.map((name) => [name]) : [packages]) install(manager, group);
  missing = needs.filter((need) => !need.probe());
  // A fresh PATH is only seen by a fresh terminal on Windows; elsewhere cargo will say it more precisely.
  if (missing.length > 0) say(`still not found: ${missing.map((need) => need[manager.name]).join(" ")}; a new terminal may be needed`);
}
