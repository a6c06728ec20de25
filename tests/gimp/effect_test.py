#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""effect_test.py 3 EFFECT PHOTO WORK SOURCE ROOT: the layer effect in a window of GIMP 3, by keys and mouse: added from the menu, saved, opened
again, edited, switched off, removed; with the shipped weights, on the photo made small and large again. Compared is what the window shows.
Screenshots, and what each step cost the main loop, stay in WORK/effect. TAP on stdout."""
import sys
import time
from pathlib import Path

from PIL import Image, ImageChops, ImageGrab, ImageStat

import gimp_driver as driver
from gimp_driver import click, find_window, gone, key, point, screenshot, wait_until, xdotool

TITLE = r"^Restore Faces \(revisage"
BUTTONS = ("shown", "edit", "up", "down", "merge", "delete")  # of the list of a layer's effects
REDUCED = 4   # the photo's side, to make a face that there is something to restore of
MOVED_MS = 50  # of the main thread, for another strength


def blurred(photo, path):
    image = Image.open(photo).convert("RGB")
    image.resize([side // REDUCED for side in image.size], Image.BICUBIC).resize(image.size, Image.BICUBIC).save(path)
    return path


def difference(a, b):
    """Mean over all values, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(a, b)).mean) / 3


class Test:
    def __init__(self, tap, gimp, out):
        self.tap, self.gimp, self.out = tap, gimp, out
        self.check = tap.check

    # ---- the window ----

    def widgets(self, *kinds):
        return [w for w in self.gimp.look()["widgets"] if w and w["type"] in kinds]

    def canvas(self):
        """The head in the window, once that stays the same for half a second."""
        x, y = self.widgets("GimpCanvas")[0]["place"][:2]
        now, since = None, time.monotonic()
        while time.monotonic() < since + 0.5 or now is None:
            last, now = now, ImageGrab.grab((x + 20, y + 20, x + 300, y + 300))
            if last is None or difference(last, now):
                since = time.monotonic()
            time.sleep(0.1)
        return now

    def shown(self, step):
        """The window after a step, which is noted with the longest turn of the main loop since the last one."""
        canvas, turn = self.canvas(), self.gimp.turn()
        print(f"# {step}: {turn[0]:.0f} ms, {turn[1]:.0f} ms processor", flush=True)
        screenshot(self.out / f"{step.replace(' ', '-')}.png")
        self.processor_ms = turn[1]
        return canvas

    def dialog(self):
        """Waits for the effect's, and puts it where the head is not."""
        window = find_window(TITLE, 30)
        if not window:
            raise RuntimeError("the effect's dialog does not open")
        xdotool("windowmove", "--sync", window, 845, 20)
        xdotool("mousemove", 900, 700)
        time.sleep(0.3)

    def scale(self, index):
        """Of the dialog, from above: strength, fidelity."""
        inside = [w for w in self.widgets("GimpSpinScale") if w["place"][0] > 845]
        return sorted(inside, key=lambda w: w["place"][1])[index]

    def type_into(self, index, text):
        xdotool("mousemove", *point(self.scale(index)["place"], 0.6), "click", "--repeat", 3, "--delay", 60, 1)
        time.sleep(0.2)
        key("ctrl+a")
        xdotool("type", text)
        key("Tab")
        xdotool("mousemove", 900, 700)

    def press(self, name):
        click(point(self.gimp.widget(name, "GtkButton")["place"]))
        xdotool("mousemove", 900, 700)

    def buttons(self):
        """Of the list of the layer's effects, from the left, where it is open; what is in it comes right behind it."""
        found = [(w["type"], w["place"]) for w in self.widgets("GtkPopover", "GtkToggleButton", "GtkButton")]
        opened = [kind for kind, _ in found].index("GtkPopover") + 1 if "GtkPopover" in dict(found) else len(found)
        return [place for _, place in found[opened:opened + len(BUTTONS)]]

    def effects(self):
        """The list opened, and its buttons once they have come to rest."""
        if not self.buttons():
            tree = min(self.widgets("GtkTreeView"), key=lambda w: w["place"][2])["place"]
            click((tree[0] + 75, tree[1] + 57))
        wait_until(lambda: len(self.buttons()) == len(BUTTONS) and self.buttons() == self.buttons(), 10)
        return dict(zip(BUTTONS, self.buttons()))

    def effect(self, button):
        click(point(self.effects()[button]))
        xdotool("mousemove", 900, 700)

    # ---- the parts ----

    def adds(self):
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        xdotool("mousemove", 900, 700)
        self.photo = self.shown("photo")
        for name in ("alt+r", "h", "y"):
            xdotool("key", name)
            time.sleep(0.5)
            screenshot(self.out / "menu.png")
        self.dialog()
        full = difference(self.photo, self.shown("added"))
        self.check("from the menu: the face in the window changes", full > 0.2, f"{full:.2f}")
        self.type_into(0, "0.3")
        less = difference(self.photo, self.shown("strength"))
        self.check("less strength, less of it", 0.2 * full < less < 0.45 * full, f"{less:.2f}")
        self.tap.in_time("another strength is mixed at once", self.processor_ms <= MOVED_MS, f"{self.processor_ms:.0f} ms")
        click(point(self.gimp.widget("Fidelity: Auto", "CheckButton")["place"], 0.1))
        self.type_into(1, "0.9")
        self.shown("fidelity")
        self.press("OK")
        self.check("OK closes", gone(TITLE, 10))
        self.shown("ok")

    def saves(self):
        key("ctrl+s")
        find_window("^Save Image$", 20)
        time.sleep(0.5)
        key("ctrl+a")
        xdotool("type", "/build/effect/effect.xcf")
        key("Return")
        path = self.out / "effect.xcf"
        self.check("it is in the saved file", wait_until(lambda: path.exists() and b"revisage:restore-faces" in path.read_bytes(), 30))
        gone("^Save Image$", 20)
        self.shown("saved")
        key("ctrl+w")
        self.check("the image is closed", wait_until(lambda: not self.gimp.widths(), 20))

    def opens(self):
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+o")
        find_window("^Open Image$", 20)
        time.sleep(1)
        xdotool("type", "/build/effect/effect.xcf")
        time.sleep(1)
        key("Return")
        self.check("the file opens", wait_until(self.gimp.widths, 30))
        wait_until(lambda: self.widgets("GimpCanvas"), 10)
        self.opened = self.shown("opened")

    def edits(self):
        self.effect("shown")
        self.photo = self.shown("off")
        less = difference(self.photo, self.opened)
        self.check("opened again, the effect is there and can be switched off", less > 0.05, f"{less:.2f}")
        self.effect("shown")
        self.check("and on", not difference(self.opened, self.shown("on")))
        self.effect("edit")
        self.dialog()
        found = [round(self.scale(index)["value"], 6) for index in (0, 1)]
        self.check("the dialog has what was chosen", found == [0.3, 0.9], found)
        self.type_into(0, "1")
        full = difference(self.photo, self.shown("edited"))
        self.check("edited, it shows all of its strength", 2.2 * less < full, f"{less:.2f}, {full:.2f}")
        self.press("OK")
        gone(TITLE, 10)
        self.canvas()

    def removes(self):
        self.effect("delete")
        self.check("removed, the photo is as it was", not difference(self.photo, self.shown("removed")))

    def run(self):
        for part in (self.adds, self.saves, self.opens, self.edits, self.removes):
            part()


def in_gimp(tap, out, plugin, photo, *place):
    variables = {"LD_PRELOAD": "WORK/tree/tests/gimp/gimp_probe.so", "RVS_MODEL_DIR": "/src/weights"}
    driver.run_in_gimp(tap, lambda gimp: Test(tap, gimp, out).run(), out, 3, plugin, photo, *place, variables)


def main():
    plugin, photo, work, source, root = Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]).resolve(), sys.argv[5], sys.argv[6]
    missing = driver.missing_tools(3)
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    out = work / "effect"
    out.mkdir(parents=True, exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    tap = driver.Tap()
    tap.run(lambda: in_gimp(tap, out, plugin, blurred(photo, out / "photo.png"), work, source, root))
    return 0


sys.exit(main())
