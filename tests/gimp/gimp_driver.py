# SPDX-License-Identifier: GPL-3.0-or-later
"""gimp_driver.py: a real GIMP on a display of its own, with the plug-in in it: keys and mouse in, the probe's (probe.c) and
Script-Fu's answers out."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))
from tap import Tap    # noqa: E402,F401
from x_display import Display, xdotool    # noqa: E402,F401

ACCELERATORS = {"plug-in-revisage": "F9", "plug-in-revisage-mend": "F8", "plug-in-revisage-enlarge": "F7"}  # with Shift and Ctrl
TITLE = "^(Restore Faces|Mend Face Damage|Enlarge with Faces)"
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


def missing_tools(version):
    tools = ["Xvfb", "openbox", "xdotool", "import"] + (["gimp"] if version == 2 else [])
    return [tool for tool in tools if not shutil.which(tool)]


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


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def screenshot(path):
    subprocess.run(["import", "-window", "root", str(path)], check=False)


class Gimp:
    """VERSION 2: the GIMP of this system. VERSION 3: the one in ROOT (gimp3-root.sh), WORK mounted there as /build. PLUGIN: a plug-in, or GEGL's
    module with the layer effect."""

    def __init__(self, version, plugin, photo, work, source="", root="", variables=None, gimprc=""):
        self.version, self.work = version, work
        self.home = work / "home"
        shutil.rmtree(self.home, ignore_errors=True)
        config = self.home / ".config/GIMP" / ("2.10" if version == 2 else "3.0")
        config.mkdir(parents=True)
        effect = plugin.suffix == ".so"
        target = self.home / ".local/share/gegl-0.4/plug-ins" / plugin.name if effect else config / "plug-ins/revisage/revisage"
        target.parent.mkdir(parents=True)
        shutil.copy(plugin, target)
        self.plugin = target
        self.probe = work / "probe"
        self.longest = [0, 0]
        shutil.copy(photo, work / "photo.png")
        if version == 2:
            (config / "gimprc").write_text(GIMPRC2 + gimprc)
            (config / "menurc").write_text("".join(f'(gtk_accel_path "<Actions>/plug-in/{action}" "<Primary><Shift>{name}")\n'
                                                   for action, name in ACCELERATORS.items()))
        else:
            (config / "shortcutsrc").write_text("(file-version 1)\n" + "".join(f'(action "{action}" "<Primary><Shift>{name}")\n'
                                                                              for action, name in ACCELERATORS.items()))
            (config / "gimprc").write_text(GIMPRC3 + gimprc)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(work / "gimp.log", "w")
        self.process = subprocess.Popen(self.command(source, root), stdout=self.log, stderr=subprocess.STDOUT,
                                        env=self.environment(variables or {}), start_new_session=True)

    def environment(self, variables):
        inside = str(self.work) if self.version == 2 else "/build"
        variables = {name: value.replace("WORK", inside) for name, value in variables.items()}
        variables["RVS_PROBE"] = inside + "/probe"
        env = dict(os.environ, NO_AT_BRIDGE="1", LC_ALL="C.UTF-8")
        if self.version == 2:
            env.update(variables, HOME=str(self.home), XDG_CONFIG_HOME=str(self.home / ".config"), XDG_CACHE_HOME=str(self.home / ".cache"))
        else:
            env["G3_ENV"] = " ".join(f"{name}={value}" for name, value in variables.items())
        return env

    def command(self, source, root):
        if self.version == 2:
            server = f'(plug-in-script-fu-server RUN-NONINTERACTIVE "127.0.0.1" {self.port} "")'
            return ["gimp", "-n", "-d", "-s", str(self.work / "photo.png"), "-b", server]
        server = f'(plug-in-script-fu-server #:run-mode RUN-NONINTERACTIVE #:ip "127.0.0.1" #:port {self.port} #:logfile "/tmp/server.log")'
        return [str(Path(__file__).with_name("gimp3-run.sh")), root, source, str(self.work), "gimp", "-n", "-d", "-s", "/build/photo.png",
                "--batch-interpreter", "plug-in-script-fu-eval", "-b", server]

    # ---- Script-Fu ----

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

    @property
    def image(self):
        return "(vector-ref (car (gimp-get-images)) 0)" if self.version == 3 else "(aref (cadr (gimp-image-list)) 0)"

    @property
    def top_layer(self):
        layers = f"(gimp-image-get-layers {self.image})"
        return f"(vector-ref (car {layers}) 0)" if self.version == 3 else f"(aref (cadr {layers}) 0)"

    def n_layers(self):
        layers = f"(car (gimp-image-get-layers {self.image}))"
        count = f"(vector-length {layers})" if self.version == 3 else layers
        return int(self.ask(f"(number->string {count})").strip('"'))

    def widths(self):
        """Of all images."""
        images, width = ("(vector->list (car (gimp-get-images)))", "get-width") if self.version == 3 else \
            ("(vector->list (cadr (gimp-image-list)))", "width")
        text = self.ask(f'(apply string-append (map (lambda (i) (string-append (number->string (car (gimp-image-{width} i))) " ")) {images}))')
        return sorted(int(number) for number in text.strip('"').split())

    def of_width(self, width):
        """The image of that width, as an expression."""
        images, of = ("(vector->list (car (gimp-get-images)))", "get-width") if self.version == 3 else \
            ("(vector->list (cadr (gimp-image-list)))", "width")
        return f"(let loop ((i {images})) (if (= (car (gimp-image-{of} (car i))) {width}) (car i) (loop (cdr i))))"

    def enlarged(self, factor):
        """A new image of the photo by the script's defaults, as an expression."""
        if self.version == 3:
            return f"(car (plug-in-revisage-enlarge #:run-mode 1 #:image {self.image} #:drawables (vector {self.top_layer}) #:factor {factor}))"
        return f'(car (plug-in-revisage-enlarge 1 {self.image} {self.top_layer} {factor} "jsfm"))'

    def contrast(self, image, box, after=""):
        """The standard deviation of an image's only layer in the box."""
        layer = "(vector-ref (car (gimp-image-get-layers image)) 0)" if self.version == 3 else "(aref (cadr (gimp-image-get-layers image)) 0)"
        x, y, width, height = box
        return float(self.ask(f"(let* ((image {image}) (layer {layer}))"
                              f"  (gimp-image-select-rectangle image 2 {x} {y} {width} {height})"
                              f"  (let ((contrast (cadr (gimp-drawable-histogram layer 0 0.0 1.0))))"
                              f"    (gimp-selection-none image) {after} (number->string contrast)))").strip('"'))

    def recipe(self):
        """What the plug-in recorded on the topmost layer."""
        text = self.ask(f'(caddr (car (gimp-item-get-parasite {self.top_layer} "revisage-recipe")))')
        return json.loads(text) if text.startswith("{") else json.loads(json.loads(text))

    # ---- the dialog ----

    def main_window(self):
        return find_window("GIMP|photo", 60)

    def open_dialog(self, keys="ctrl+shift+F9"):
        """By the menu action's shortcut; returns the window and the moment of the key press."""
        self.probe.unlink(missing_ok=True)
        xdotool("windowactivate", "--sync", self.main_window())
        start = time.monotonic()
        xdotool("key", keys)
        return find_window(TITLE, 30), start

    def look(self):
        """The state of the dialog now."""
        self.probe.unlink(missing_ok=True)
        Path(str(self.probe) + ".ask").touch()
        if not wait_until(self.probe.exists, 10):
            raise TimeoutError("the probe does not answer")
        state = json.loads(self.probe.read_text())
        self.longest = [max(pair) for pair in zip(self.longest, (state["turn_ms"], state["turn_cpu_ms"]))]
        return state

    def turn(self):
        """The longest turn of the main loop since this was last asked: milliseconds that passed, and of the main thread's processor time."""
        self.look()
        longest, self.longest = self.longest, [0, 0]
        return longest

    def settle(self, seconds=60):
        wait_until(lambda: not self.look()["busy"], seconds)
        return self.look()

    def widget(self, name, kind=""):
        found = [w for w in self.look()["widgets"] if w and kind in w["type"] and name in (w["name"], w.get("text"))]
        if not found:
            raise LookupError(f"no {kind or 'widget'} called {name}")
        return found[0]

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()


def point(place, u=0.5, v=0.5):
    """A point of a [x, y, width, height]."""
    return round(place[0] + u * place[2]), round(place[1] + v * place[3])


def click(at, *rest):
    xdotool("mousemove", *at, "click", 1, *rest)
    time.sleep(0.15)


def drag(start, end):
    xdotool("mousemove", *start, "mousedown", 1)
    for k in range(1, 9):
        xdotool("mousemove", *(round(a + (b - a) * k / 8) for a, b in zip(start, end)))
    xdotool("mouseup", 1)
    time.sleep(0.15)


def key(*names):
    xdotool("key", *names)
    time.sleep(0.15)


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


def megabytes(process, what):
    """VmRSS: now; VmHWM: at most until now."""
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1000


def peak_megabytes(process):
    return megabytes(process, "VmHWM")


def run_in_gimp(tap, test, pictures, *start, size="1280x720"):
    """test(gimp) in a Gimp(*start) on a display of its own; where it breaks off, what the screen shows then is among the pictures."""
    display = Display(size)
    gimp = Gimp(*start)
    try:
        if tap.check("GIMP starts", gimp.wait_for_server()):
            test(gimp)
        tap.check("the test reached its end", True)
    except Exception as problem:  # whatever it was, the plan must come and GIMP must go
        screenshot(pictures / "failed.png")
        tap.check("the test reached its end", False, repr(problem))
    finally:
        gimp.close()
        display.close()
