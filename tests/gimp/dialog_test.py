#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dialog_test.py VERSION PLUGIN PHOTO WORK [SOURCE ROOT]: the dialog inside a real GIMP, by keys and mouse on a display of its own.

VERSION 2: the GIMP of this system. VERSION 3: the one in ROOT (tests/gimp/gimp3-root.sh), WORK mounted there as /build.
The image is asked about through Script-Fu's server. Screenshots stay in WORK. TAP on stdout."""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

ACCELERATOR = "<Primary><Shift>F9"
# Without these, GIMP asks about the photo's colour profile before it serves anything.
GIMPRC2 = """(color-profile-policy keep)
(metadata-rotation-policy keep)
(check-updates no)
"""
GIMPRC3 = """(config-version "3.0.4")
(show-welcome-dialog no)
(check-updates no)
(color-profile-policy keep)
(metadata-rotation-policy keep)
"""


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def check(self, name, ok, note=""):
        self.n += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.n} - {name}{' (' + note + ')' if note else ''}", flush=True)
        return ok


class Display:
    """Xvfb and a window manager."""

    def __init__(self):
        read_end, write_end = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
                                       pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write_end)
        with os.fdopen(read_end) as number:
            os.environ["DISPLAY"] = ":" + number.readline().strip()
        self.manager = subprocess.Popen(["openbox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def close(self):
        for process in (self.manager, self.server):
            process.terminate()
            process.wait()


def xdotool(*words):
    return subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True).stdout.split()


def find_window(title, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = xdotool("search", "--onlyvisible", "--name", title)
        if found:
            return found[-1]
        time.sleep(0.02)
    return None


def gone(title, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not xdotool("search", "--onlyvisible", "--name", title):
            return True
        time.sleep(0.02)
    return False


def screenshot(path):
    subprocess.run(["import", "-window", "root", str(path)], check=False)


class Gimp:
    def __init__(self, version, plugin, photo, work, source, root):
        self.version, self.work = version, work
        self.home = work / "home"
        shutil.rmtree(self.home, ignore_errors=True)
        config = self.home / ".config/GIMP" / ("2.10" if version == 2 else "3.0")
        target = config / "plug-ins/revisage/revisage"
        target.parent.mkdir(parents=True)
        shutil.copy(plugin, target)
        self.plugin = target
        shutil.copy(photo, work / "photo.png")
        if version == 2:
            (config / "gimprc").write_text(GIMPRC2)
            (config / "menurc").write_text(f'(gtk_accel_path "<Actions>/plug-in/plug-in-revisage" "{ACCELERATOR}")\n')
        else:
            (config / "shortcutsrc").write_text(f'(file-version 1)\n(action "plug-in-revisage" "{ACCELERATOR}")\n')
            (config / "gimprc").write_text(GIMPRC3)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(work / "gimp.log", "w")
        self.process = subprocess.Popen(self.command(source, root), stdout=self.log, stderr=subprocess.STDOUT, env=self.environment(),
                                        start_new_session=True)

    def environment(self):
        env = dict(os.environ, RVS_FAKE_FACES="0.62,0.23,0.25,0.57;0.15,0.3,0.22,0.45", NO_AT_BRIDGE="1", LC_ALL="C.UTF-8")
        if self.version == 2:
            env.update(HOME=str(self.home), XDG_CONFIG_HOME=str(self.home / ".config"), XDG_CACHE_HOME=str(self.home / ".cache"))
        else:
            env["G3_ENV"] = "RVS_FAKE_FACES=" + env["RVS_FAKE_FACES"]
        return env

    def command(self, source, root):
        if self.version == 2:
            server = f'(plug-in-script-fu-server RUN-NONINTERACTIVE "127.0.0.1" {self.port} "")'
            return ["gimp", "-n", "-d", "-s", str(self.work / "photo.png"), "-b", server]
        server = f'(plug-in-script-fu-server #:run-mode RUN-NONINTERACTIVE #:ip "127.0.0.1" #:port {self.port} #:logfile "/tmp/server.log")'
        return [str(Path(__file__).with_name("gimp3-run.sh")), root, source, str(self.work), "gimp", "-n", "-d", "-s", "/build/photo.png",
                "--batch-interpreter", "plug-in-script-fu-eval", "-b", server]

    def ask(self, expression):
        """The value of a Script-Fu expression, as text."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            text = expression.encode()
            connection.sendall(b"G" + struct.pack(">H", len(text)) + text)
            head = self.receive(connection, 4)
            return self.receive(connection, struct.unpack(">H", head[2:])[0]).decode()

    @staticmethod
    def receive(connection, n):
        data = b""
        while len(data) < n:
            part = connection.recv(n - len(data))
            if not part:
                raise ConnectionError("the server closed")
            data += part
        return data

    def wait_for_server(self):
        for _ in range(600):
            try:
                self.ask("(+ 1 1)")
                return True
            except OSError:
                if self.process.poll() is not None:
                    return False
                time.sleep(0.2)
        return False

    def n_layers(self):
        image = "(vector-ref (car (gimp-get-images)) 0)" if self.version == 3 else "(aref (cadr (gimp-image-list)) 0)"
        count = f"(vector-length (car (gimp-image-get-layers {image})))" if self.version == 3 else f"(car (gimp-image-get-layers {image}))"
        return int(self.ask(f"(number->string {count})").strip('"'))

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


def plugin_process(plugin):
    """The process that runs the file `plugin`; GIMP's query of it is over by then. Compared as files: GIMP 3 sees other paths."""
    wanted = os.stat(plugin)
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if os.path.samestat(os.stat(folder / "exe"), wanted) and b"-run" in (folder / "cmdline").read_bytes():
                return folder
        except OSError:
            pass
    return None


def processor_seconds(process):
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(process):
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def open_dialog(main_window):
    """By the menu action's shortcut; returns the window and the seconds it took."""
    xdotool("windowactivate", "--sync", main_window)
    start = time.monotonic()
    xdotool("key", "ctrl+shift+F9")
    window = find_window("^Restore Faces", 30)
    return window, time.monotonic() - start


def move_and_look(tap, window, work):
    time.sleep(2.5)
    screenshot(work / "dialog.png")

    def mouse(x, y, *rest):
        xdotool("mousemove", "--window", window, x, y, *rest)

    # the divider: from the middle of the preview to the right
    mouse(398, 250, "mousedown", 1)
    for step in range(1, 11):
        mouse(398 + 12 * step, 250)
    xdotool("mouseup", 1)
    # the strength slider, by mouse
    mouse(880, 172, "click", 1)
    time.sleep(1)
    screenshot(work / "moved.png")
    tap.check("the dialog is still there after moving its controls", bool(find_window("^Restore Faces", 1)))


def run(tap, gimp, work):
    if not tap.check("GIMP starts", gimp.wait_for_server()):
        return
    main_window = find_window("GIMP|photo", 60)
    time.sleep(3)
    before = gimp.n_layers()
    window, seconds = open_dialog(main_window)
    process = plugin_process(gimp.plugin)
    note = f"{seconds:.2f} s by the clock, {processor_seconds(process):.2f} s of the plug-in's processor time" if process else ""
    if not tap.check("the menu action opens the dialog", bool(window), note):
        screenshot(work / "failed.png")
        return
    move_and_look(tap, window, work)
    if tap.check("the plug-in's process is found", process is not None):
        peak = peak_megabytes(process)
        tap.check("the plug-in stays below 600 MB", peak < 600, f"{peak:.0f} MB")
    xdotool("windowactivate", "--sync", window, "key", "Return")
    tap.check("Return closes the dialog", gone("^Restore Faces", 120))
    time.sleep(2)
    tap.check("there is one layer more", gimp.n_layers() == before + 1)
    screenshot(work / "result.png")
    xdotool("windowactivate", "--sync", main_window, "key", "ctrl+z")
    time.sleep(1.5)
    tap.check("one undo takes it back", gimp.n_layers() == before)
    window, _ = open_dialog(main_window)
    tap.check("the dialog opens again", bool(window))
    time.sleep(1)
    start = time.monotonic()
    xdotool("windowactivate", "--sync", window or 0, "key", "Escape")
    tap.check("Escape closes it", gone("^Restore Faces", 10), f"{time.monotonic() - start:.2f} s")
    tap.check("and changes nothing", gimp.n_layers() == before)


def main():
    version, plugin, photo, work = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]).resolve()
    source, root = (sys.argv[5], sys.argv[6]) if len(sys.argv) > 6 else ("", "")
    tools = ["Xvfb", "openbox", "xdotool", "import"] + (["gimp"] if version == 2 else [])
    missing = [tool for tool in tools if not shutil.which(tool)]
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    work.mkdir(parents=True, exist_ok=True)
    tap, display = Tap(), Display()
    gimp = Gimp(version, plugin, photo, work, source, root)
    try:
        run(tap, gimp, work)
    finally:
        gimp.close()
        display.close()
    print(f"1..{tap.n}")
    return 0


sys.exit(main())
