# SPDX-License-Identifier: GPL-3.0-or-later
"""driver.py: the program on a display of its own, driven by keys and mouse, followed by what it logs."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))
from tap import Tap    # noqa: E402,F401
from x_display import Display, wait_for, xdotool    # noqa: E402,F401

CLASS = "org.revisage.Revisage"
# 50 is asked, and kept where processors are quick (Zen 4); on a Xeon (family 6, model 207) GTK alone works 65 ms at a stretch to lay out its file chooser.
LIMIT_BLOCKED_MS = 80


def missing_tools():
    return [tool for tool in ("Xvfb", "openbox", "xdotool", "import", "convert", "xclip", "dbus-run-session", "prlimit")
            if not shutil.which(tool)]


class Program:
    """One run of the program, with a home of its own and a session bus of its own."""

    def __init__(self, program, home, files=(), weights=None, maximized=True):
        self.home = Path(home)
        config = self.home / ".config/revisage/desktop.ini"
        if not config.exists():
            config.parent.mkdir(parents=True, exist_ok=True)
            config.write_text(f"[window]\nmaximized={int(maximized)}\nwidth=1100\nheight=660\n")
        self.log = self.home / f"log-{time.monotonic_ns()}"
        self.watch = self.home / "watch"
        self.watch.unlink(missing_ok=True)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "DBUS_"))}
        self.env.update(HOME=str(self.home), G_MESSAGES_DEBUG="revisage", LC_ALL="C.UTF-8", NO_AT_BRIDGE="1", GTK_THEME="Adwaita",
                        RVS_WATCH_LOG=str(self.watch), XDG_CACHE_HOME=str(self.home / ".cache"), GSETTINGS_BACKEND="memory")
        if weights:
            self.env["RVS_MODEL_DIR"] = str(weights)
        self.program = str(program)
        # The bus's address is told, so that a second start finds the first.
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS" > "$HOME/bus"; echo $$ > "$HOME/pid"; exec "$@"', "sh",
             self.program, *map(str, files)], stdout=open(self.log, "w"), stderr=subprocess.STDOUT, env=self.env, start_new_session=True)
        self.pid_file = self.home / "pid"

    # ---- what it says

    def text(self):
        return self.log.read_text(errors="replace")

    def said(self, pattern, seconds=20, after=0):
        """The match of a pattern in the log behind the position `after`, or None."""
        return wait_for(lambda: re.search(pattern, self.text()[after:]), seconds)

    def mark(self):
        return len(self.text())

    def milliseconds(self, pattern, seconds=60):
        """Until the program says so: by the clock, or the processor time it has had until now, whichever is less: others may be at work on
        this machine."""
        found = self.said(pattern + r" after (\d+) ms", seconds)
        return min(int(found.group(1)), self.processor_ms()) if found else 10 ** 9

    def processor_ms(self):
        fields = Path(f"/proc/{self.pid()}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1000 // os.sysconf("SC_CLK_TCK")

    def complaints(self):
        return [line for line in self.text().splitlines() if re.search("CRITICAL|Gtk-WARNING|GLib.*WARNING", line)]

    def pid(self):
        return int(self.pid_file.read_text())

    def resident_mb(self):
        fields = Path(f"/proc/{self.pid()}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 1e6

    def alive(self):
        return self.process.poll() is None

    # ---- windows

    def windows(self):
        return xdotool("search", "--onlyvisible", "--class", CLASS)

    def window(self, title, seconds=10):
        return wait_for(lambda: xdotool("search", "--onlyvisible", "--name", title), seconds)

    def dialog(self, seconds=20):
        """Whether a second window opens."""
        return wait_for(lambda: len(self.windows()) > 1, seconds)

    def no_dialog(self, seconds=20):
        return wait_for(lambda: len(self.windows()) <= 1, seconds)

    def title(self):
        windows = self.windows()
        return " ".join(xdotool("getwindowname", windows[0])) if windows else ""

    def has_keys(self, beside=(), seconds=15):
        """Waits until one of the program's windows has the keys, and none of those in `beside`: what is typed before that is lost."""
        return wait_for(lambda: (set(xdotool("getactivewindow")) & set(self.windows())) - set(beside), seconds)

    # ---- what the user does

    def key(self, *keys):
        self.has_keys()
        for key in keys:
            xdotool("key", "--clearmodifiers", key)
            time.sleep(0.15)

    @staticmethod
    def type(text):
        xdotool("type", "--delay", "4", text)
        time.sleep(0.2)

    @staticmethod
    def click(x, y):
        xdotool("mousemove", x, y, "click", 1)
        time.sleep(0.1)

    @staticmethod
    def drag(x0, y0, x1, y1):
        xdotool("mousemove", x0, y0, "mousedown", 1)
        for i in range(1, 11):
            xdotool("mousemove", x0 + (x1 - x0) * i // 10, y0 + (y1 - y0) * i // 10)
            time.sleep(0.02)
        xdotool("mouseup", 1)
        time.sleep(0.2)

    def save_as(self, path):
        """Through the file chooser, up to its Return."""
        before = self.windows()
        self.key("ctrl+s")
        if not self.has_keys(before):
            return False
        self.key("ctrl+a")
        self.type(str(path))
        self.before_return = self.windows()
        self.key("Return")
        return True

    def ask_to_close(self):
        """By the window manager; whether the program asks back. Again if the key met no window: the focus may just be on its way."""
        for _ in range(3):
            self.key("alt+F4")
            if self.dialog(4) or not self.alive():
                break
        return len(self.windows()) > 1

    def close(self):
        """Closes without saving; returns the longest time the main loop worked, in ms, as (processor, clock)."""
        if self.alive():
            os.kill(self.pid(), signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                return None
        return tuple(float(v) for v in self.watch.read_text().split()) if self.watch.exists() else None


def settled(path=None):
    """A screenshot once nothing moves any more."""
    last = screenshot(path)
    for _ in range(40):
        time.sleep(0.2)
        now = screenshot(path)
        if (now == last).all():
            break
        last = now
    return last


def screenshot(path=None):
    """The screen as a numpy array of height x width x 3."""
    import numpy
    from PIL import Image
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        subprocess.run(["import", "-window", "root", file.name], check=True)
        if path:
            shutil.copy(file.name, path)
        return numpy.asarray(Image.open(file.name).convert("RGB")).astype(int)
