#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""dialog_test.py VERSION PLUGIN PHOTO WORK [SOURCE ROOT]: the dialog inside a real GIMP, by keys and mouse on a display of its own.

VERSION 2: the GIMP of this system. VERSION 3: the one in ROOT (tests/gimp/gimp3-root.sh), WORK mounted there as /build. PLUGIN has the
engine's double and the probe. Screenshots stay in WORK. TAP on stdout."""
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import gimp_driver as driver
from gimp_driver import TITLE, click, drag, find_window, gone, key, point, screenshot, wait_until, xdotool

SIDE = 512  # of the photo, in pixels
FACES = "0.62,0.23,0.25,0.57;0.15,0.3,0.22,0.45"
RESIDENT_MB = {2: 165, 3: 157}  # with a layer of 12 megapixels open: 143 and 142; with all of its tiles kept 185 and 171
SCALE = int(os.environ.get("RVS_TEST_SCALE", 1))  # of the screen: pixels a unit of GTK's


def near(a, b, slack):
    return abs(a - b) <= slack


class Test:
    def __init__(self, tap, gimp, work):
        self.tap, self.gimp, self.work = tap, gimp, work
        self.check = tap.check

    # ---- aiming ----

    def value(self, name, kind=""):
        return self.gimp.widget(name, kind).get("value")

    def press(self, name, kind="", u=0.5):
        click(point(self.gimp.widget(name, kind)["place"], u))

    def picture_point(self, x, y):
        """Of the photo, 0..1, by where its first face lies."""
        left, top, width, height = self.gimp.look()["faces"][0]["place"]
        fx, fy, fw, fh = (float(n) for n in FACES.split(";")[0].split(","))
        return round(left + (x - fx) / fw * width), round(top + (y - fy) / fh * height)

    def choose(self, name, index):
        """An entry of a list, by keys."""
        self.press(name, "ComboBox")
        time.sleep(0.3)
        key("Home")
        for _ in range(index):
            key("Down")
        key("Return")
        return self.gimp.widget(name, "ComboBox")["text"]

    def focus_view(self):
        """The preview gets the keys; a press on its edge hits no face."""
        view = self.gimp.widget("Preview, before and after")["place"]
        xdotool("mousemove", *point(view, 0.5, 0.02), "click", 2)
        time.sleep(0.1)

    def rest(self):
        """Until the plug-in, which has just been called, has ended: all that it does in GIMP is done."""
        wait_until(lambda: driver.plugin_process(self.gimp.plugin), 3)
        wait_until(lambda: not driver.plugin_process(self.gimp.plugin), 60)

    def open(self, keys="ctrl+shift+F9"):
        window, _ = self.gimp.open_dialog(keys)
        if not window:
            screenshot(self.work / "failed.png")
            raise RuntimeError("the dialog does not open")
        return window

    # ---- the parts ----

    def opens(self):
        before = time.monotonic()
        window = self.open()
        process = driver.plugin_process(self.gimp.plugin)
        self.check("the menu action opens the dialog", bool(window), f"{time.monotonic() - before:.2f} s")
        parent = subprocess.run(["xprop", "-id", window, "WM_TRANSIENT_FOR"], capture_output=True, text=True).stdout
        self.check("it belongs to GIMP's window", "window id" in parent, parent.strip())
        state = self.gimp.settle()
        self.check("both faces are found and on", [f["enabled"] for f in state["faces"]] == [1, 1])
        self.check("every control has a name for screen readers",
                   not [w for w in state["widgets"] if w and w["focus"] and not w["name"]])
        screenshot(self.work / "dialog.png")
        peak = driver.peak_megabytes(process)
        self.check("the plug-in stays below 600 MB", peak < 600, f"{peak:.0f} MB")
        self.window = window

    def sliders(self):
        self.press("Strength", "GtkScale", 0.3)
        clicked = self.value("Strength", "GtkScale")
        self.check("strength by mouse", near(clicked, 0.3, 0.12), clicked)
        key("Left", "Left", "Left")
        self.check("strength by keys", near(self.value("Strength", "GtkScale"), clicked - 0.03, 1e-6))
        self.check("fidelity starts as auto", self.value("Fidelity: Auto", "CheckButton") == 1)
        self.check("and shows the estimate", near(self.value("Fidelity", "GtkScale"), 0.62, 0.01))
        self.press("Fidelity", "GtkScale", 0.2)
        self.check("moving fidelity leaves auto", self.value("Fidelity: Auto", "CheckButton") == 0)
        self.check("fidelity by mouse", near(self.value("Fidelity", "GtkScale"), 0.2, 0.12))
        self.press("Fidelity: Auto", "CheckButton", 0.2)
        self.check("auto again", near(self.value("Fidelity", "GtkScale"), 0.62, 0.01))
        self.press("Fidelity: Auto", "CheckButton", 0.2)
        xdotool("mousemove", *point(self.gimp.widget("Fidelity", "GtkSpinButton")["place"], 0.2), "click", "--repeat", 3, 1)
        xdotool("type", "0.35")
        key("Tab")
        self.check("fidelity typed", near(self.value("Fidelity", "GtkScale"), 0.35, 1e-6))
        self.check("the preview follows", self.gimp.settle()["faces"][0]["done"] == 1)

    def lists(self):
        self.check("model by keys", self.choose("Model", 0) == "JSFM-GAN")
        self.check("a layer with a mask is what comes by itself", self.gimp.widget("Output", "ComboBox")["text"] == "New layer with a layer mask")
        self.check("output by keys", self.choose("Output", 1) == "New layer with a layer mask")

    def more(self):
        self.press("More settings", "GtkExpander", 0.1)
        time.sleep(0.5)
        screenshot(self.work / "more.png")
        for _ in range(40):  # the keys reach it, and the list scrolls to it
            if any(w and w["focus"] and w["name"] == "Seed" for w in self.gimp.look()["widgets"]):
                break
            key("Tab")
        xdotool("key", "ctrl+a")
        xdotool("type", "4711")
        key("Tab")
        self.check("the seed is reached by Tab and typed", self.value("Seed", "SpinButton") == 4711)
        self.check("the preview follows the seed", not self.gimp.settle()["busy"])
        texture, strength = self.value("Texture", "GtkScale"), self.value("Strength", "GtkScale")
        self.scroll_up()
        screenshot(self.work / "scrolled.png")
        self.check("the wheel scrolls the controls and changes none",
                   self.value("Texture", "GtkScale") == texture and self.value("Strength", "GtkScale") == strength)

    def scroll_up(self):
        """The controls to their first, by the wheel."""
        right, middle = self.gimp.widget("Restore", "GtkButton")["place"], self.gimp.widget("Preview, before and after")["place"]
        xdotool("mousemove", point(right)[0], point(middle)[1], "click", "--repeat", 30, "--delay", 20, 4)
        time.sleep(0.3)

    def faces(self):
        def on():
            return [f["enabled"] for f in self.gimp.look()["faces"]]

        self.focus_view()
        key("0")
        key("n")
        click(point(self.gimp.look()["faces"][1]["place"]))
        self.check("a click chooses a face and leaves it on", self.gimp.look()["focus_face"] == 1 and on() == [1, 1])
        time.sleep(0.5)
        xdotool("mousemove", *point(self.gimp.look()["faces"][0]["place"]), "click", "--repeat", 2, "--delay", 60, 1)
        time.sleep(0.2)
        state = self.gimp.look()
        self.check("a double click zooms to a face and leaves it on", state["mode"] == 1 and state["focus_face"] == 0 and on() == [1, 1])
        key("0")
        click(self.gimp.look()["faces"][1]["badge"])
        self.check("its badge turns it off", on() == [1, 0])
        click(self.gimp.look()["faces"][1]["badge"])
        self.check("and on again", on() == [1, 1])
        key("space")
        self.check("the space bar too", on() == [1, 0])
        key("n", "space")
        self.check("N goes to the next face", on() == [0, 0])
        self.check("without a face there is nothing to restore", not self.gimp.widget("Restore", "GtkButton")["sensitive"])
        self.press("Restore all faces", "GtkButton")
        self.check("all", on() == [1, 1])
        drag(self.picture_point(0.40, 0.03), self.picture_point(0.57, 0.2))
        state = self.gimp.settle()
        self.check("a box drawn on empty ground is a face", [f["drawn"] for f in state["faces"]] == [0, 0, 1])
        self.check("and is restored", state["faces"][2]["done"] == 1)
        screenshot(self.work / "faces.png")
        key("Delete")
        self.check("Delete takes it back", len(self.gimp.look()["faces"]) == 2)
        drag(self.picture_point(0.40, 0.03), self.picture_point(0.57, 0.2))
        self.gimp.settle()
        click(self.gimp.look()["faces"][1]["badge"])

    def view(self):
        self.focus_view()
        key("0")
        fit = self.gimp.look()
        self.press("One picture pixel is one screen pixel (1)")
        self.check("100 % by its button", near(self.gimp.look()["zoom"], 1, 1e-6))
        self.press("Zoom to the chosen face (F)")
        self.check("the face by its button", self.gimp.look()["mode"] == 1)
        self.press("Show the whole picture (0)")
        self.check("the whole by its button", self.gimp.look()["zoom"] == fit["zoom"])
        self.focus_view()
        key("plus", "plus", "plus", "plus")
        larger = self.gimp.look()
        self.check("plus enlarges", larger["zoom"] > 2 * fit["zoom"])
        key("Right", "Down")
        moved = self.gimp.look()["faces"][0]["place"]
        self.check("arrows move the picture", moved[0] < larger["faces"][0]["place"][0] and moved[1] < larger["faces"][0]["place"][1])
        key("minus")
        self.check("minus reduces", self.gimp.look()["zoom"] < larger["zoom"])
        xdotool("click", 4)
        time.sleep(0.2)
        self.check("the wheel enlarges", self.gimp.look()["zoom"] > larger["zoom"] * 0.9)
        key("f")
        self.check("F shows the face", self.gimp.look()["mode"] == 1)
        key("0")
        state, view = self.gimp.look(), self.gimp.widget("Preview, before and after")["place"]
        middle = (self.picture_point(state["split"], 0)[0], point(view, 0.5, 0.9)[1])
        drag(middle, (middle[0] + 70, middle[1]))
        dragged = self.gimp.look()["split"]
        self.check("the divider follows the mouse", near(dragged - state["split"], 70 / (state["faces"][0]["place"][2] / 0.25), 0.03), dragged)
        key("ctrl+Left", "ctrl+Left")
        self.check("and the keys", near(self.gimp.look()["split"], dragged - 0.04, 1e-6))
        self.press("Swap the sides of before and after (X)")
        self.check("swap by its button", self.gimp.look()["swapped"] == 1)
        screenshot(self.work / "swapped.png")
        self.focus_view()
        key("x")
        self.check("swap by X", self.gimp.look()["swapped"] == 0)
        xdotool("keydown", "o")
        time.sleep(0.2)
        self.check("O held shows the photo as it was", self.gimp.look()["peeking"] == 1)
        screenshot(self.work / "peeking.png")
        xdotool("keyup", "o")
        time.sleep(0.2)
        self.check("and released the split again", self.gimp.look()["peeking"] == 0)
        key("b")
        self.check("B hides the boxes", self.gimp.look()["boxes"] == 0)
        self.press("Show the boxes of the faces (B)")
        self.check("their button shows them", self.gimp.look()["boxes"] == 1)

    def resize(self):
        before = self.gimp.widget("Preview, before and after")["place"]
        xdotool("windowsize", "--sync", self.window, 820 * SCALE, 560 * SCALE)
        time.sleep(0.5)
        after = self.gimp.widget("Preview, before and after")["place"]
        self.check("the window can be made smaller, the preview gives way", after[2] < before[2] and after[3] < before[3])
        screenshot(self.work / "small.png")
        xdotool("windowsize", "--sync", self.window, 1120 * SCALE, 660 * SCALE)
        time.sleep(0.5)

    def presets(self):
        def chosen():
            return self.gimp.widget("Preset", "ComboBox")["text"]

        strength = self.value("Strength", "GtkScale")
        self.press("Save these settings as a preset")
        time.sleep(0.5)
        xdotool("type", "Old prints")
        key("Return")
        time.sleep(0.5)
        self.check("a preset is saved under its name", chosen() == "Old prints")
        self.press("Reset", "GtkButton")
        self.check("reset gives the defaults", self.value("Strength", "GtkScale") == 1 and self.value("Fidelity: Auto", "CheckButton") == 1)
        self.check("a reset face list", [f["enabled"] for f in self.gimp.look()["faces"]][:2] == [1, 1])
        self.scroll_up()                # the keys are where they were, and the list with them
        self.check("the preset is chosen by keys", self.choose("Preset", 3) == "Old prints")
        self.check("and its values are back", near(self.value("Strength", "GtkScale"), strength, 1e-6) and self.value("Fidelity: Auto", "CheckButton") == 0)

    def help(self):
        self.press("Help", "GtkButton")
        window = find_window("Help|Restoring", 5)
        self.check("Help opens", bool(window))
        time.sleep(0.4)
        screenshot(self.work / "help.png")
        key("Escape")
        time.sleep(0.4)
        self.check("Escape closes it and leaves the dialog", bool(find_window(TITLE, 1)))

    def restore(self):
        before = self.gimp.n_layers()
        state = self.gimp.settle()
        n_on = sum(f["enabled"] for f in state["faces"])
        expected = {"strength": self.value("Strength", "GtkScale"), "fidelity": self.value("Fidelity", "GtkScale"), "seed": 4711}
        xdotool("windowactivate", "--sync", self.window)
        self.focus_view()
        key("Return")
        self.check("Return restores and closes", gone(TITLE, 60))
        self.check("there is one layer more", wait_until(lambda: self.gimp.n_layers() == before + 1, 20))
        recipe = self.gimp.recipe()
        self.check("it was made with what the controls said",
                   all(near(float(recipe["settings"][name]), value, 0.006) for name, value in expected.items()), json.dumps(recipe["settings"]))
        self.check("and the output that was chosen", recipe["settings"]["output"] == "masked-layer")
        self.check("of the faces that were on", len(recipe["faces"]) == n_on, f"{len(recipe['faces'])} of {n_on}")
        mask = f"(car (gimp-layer-get-mask {self.gimp.top_layer}))"
        self.check("it has a layer mask", int(self.gimp.ask(f"(number->string {mask})").strip('"')) > 0)
        screenshot(self.work / "result.png")

    def undo_and_repeat(self):
        n, recipe = self.gimp.n_layers(), self.gimp.recipe()
        main = self.gimp.main_window()
        xdotool("windowactivate", "--sync", main)
        key("ctrl+z")
        self.check("one undo takes it back", wait_until(lambda: self.gimp.n_layers() == n - 1, 10))
        key("ctrl+y")
        self.check("redo brings it again", wait_until(lambda: self.gimp.n_layers() == n, 10))
        self.check("with its record", self.gimp.recipe() == recipe)
        key("ctrl+z")
        wait_until(lambda: self.gimp.n_layers() == n - 1, 10)
        key("ctrl+f")
        self.check("Repeat restores without a dialog", wait_until(lambda: self.gimp.n_layers() == n, 20) and gone(TITLE, 0.1))
        self.check("with the same settings", self.gimp.recipe()["settings"] == recipe["settings"])
        self.rest()
        key("ctrl+f")
        self.rest()
        self.check("Repeat on the result makes it anew and adds no layer", self.gimp.n_layers() == n)
        self.on_result(n)
        key("ctrl+z", "ctrl+z", "ctrl+z")
        wait_until(lambda: self.gimp.n_layers() == n - 1, 10)
        key("ctrl+y")
        wait_until(lambda: self.gimp.n_layers() == n, 10)
        key("ctrl+z")
        wait_until(lambda: self.gimp.n_layers() == n - 1, 10)
        self.open("ctrl+shift+f")
        self.gimp.settle()
        self.check("Re-Show opens with the same settings",
                   near(self.value("Strength", "GtkScale"), float(recipe["settings"]["strength"]), 0.006)
                   and self.gimp.widget("Output", "ComboBox")["text"] == "New layer with a layer mask")
        self.press("Reset", "GtkButton")
        self.press("Cancel", "GtkButton")
        self.check("Cancel closes", gone(TITLE, 5))
        self.check("and changes nothing", self.gimp.n_layers() == n - 1)

    def on_result(self, n):
        """The dialog on a layer that is a result: it asks, and changes that layer."""
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+shift+F9")
        question = find_window(TITLE, 20)
        time.sleep(0.5)
        screenshot(self.work / "result-asked.png")
        self.press("Change Settings", "GtkButton")
        wait_until(lambda: any(w and w["name"] == "Preview, before and after" for w in self.gimp.look()["widgets"]), 20)
        self.check("a result: its settings are asked about", bool(question))
        self.gimp.settle()
        self.press("Restore", "GtkButton")
        closed = gone(TITLE, 30)
        self.rest()
        self.check("a result: changed, there is no layer more", closed and self.gimp.n_layers() == n)
        xdotool("windowactivate", "--sync", self.gimp.main_window())

    def stop(self):
        n, slow = self.gimp.n_layers(), self.work / "slow"
        slow.write_text("1500")
        self.open()
        wait_until(lambda: self.gimp.look()["faces"], 10)
        self.press("Stop", "GtkButton")
        state = self.gimp.look()
        self.check("Stop stops", not state["busy"] and state["n_final"] == 0)
        screenshot(self.work / "stopped.png")
        time.sleep(2)
        self.check("for good", self.gimp.look()["n_final"] == 0)
        self.press("Continue", "GtkButton")
        self.check("Continue goes on", bool(self.gimp.look()["busy"]))
        process = driver.plugin_process(self.gimp.plugin)
        start = time.monotonic()
        xdotool("key", "Escape")
        closed = gone(TITLE, 5)
        window = time.monotonic() - start
        wait_until(lambda: not process.exists(), 5)
        self.check("closing while busy takes at most 0.3 s", closed and window <= 0.3, f"{window:.2f} s, the process {time.monotonic() - start:.2f} s")
        self.check("and changes nothing", self.gimp.n_layers() == n)
        self.open()
        wait_until(lambda: self.gimp.look()["faces"], 10)
        key("Return")
        time.sleep(0.5)
        self.check("while it restores, the controls rest", not self.gimp.widget("Strength", "GtkScale")["sensitive"])
        key("alt+F4")
        self.check("closing the window then gives up", gone(TITLE, 5) and not wait_until(lambda: self.gimp.n_layers() != n, 2))
        slow.write_text("0")

    def selection(self):
        n = self.gimp.n_layers()
        self.gimp.ask(f"(gimp-image-select-rectangle {self.gimp.image} 2 0 0 {SIDE // 2} {SIDE})")
        self.open()
        state = self.gimp.settle()
        self.check("only the face in the selection is on", [f["enabled"] for f in state["faces"]] == [0, 1])
        self.press("Only inside the selection", "CheckButton", 0.1)
        self.check("or all", [f["enabled"] for f in self.gimp.settle()["faces"]] == [1, 1])
        self.press("Only inside the selection", "CheckButton", 0.1)
        self.check("or only that again", [f["enabled"] for f in self.gimp.settle()["faces"]] == [0, 1])
        screenshot(self.work / "selection.png")
        self.press("Restore", "GtkButton")
        self.check("one face is restored", gone(TITLE, 30) and wait_until(lambda: self.gimp.n_layers() == n + 1, 20)
                   and len(self.gimp.recipe()["faces"]) == 1)
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+z")
        wait_until(lambda: self.gimp.n_layers() == n, 10)
        self.gimp.ask(f"(gimp-selection-none {self.gimp.image})")

    def channel(self):
        """A channel of the image as the fidelity map: chosen from a list, recorded, and there again when the result's settings are changed."""
        n = self.gimp.n_layers()
        choose = "gimp-image-set-active-layer image layer" if self.gimp.version == 2 else "gimp-image-set-selected-layers image (vector layer)"
        self.gimp.ask(f"(let* ((image {self.gimp.image}) (layer {self.gimp.top_layer}))"
                      f" (gimp-image-select-rectangle image 2 0 0 {SIDE} {SIDE})"
                      f' (gimp-item-set-name (car (gimp-selection-save image)) "keep") (gimp-selection-none image) ({choose}))')
        self.open()
        self.gimp.settle()
        self.check("a channel: none comes by itself", self.gimp.widget("Fidelity channel", "ComboBox")["text"] == "None")
        self.check("a channel: by keys", self.choose("Fidelity channel", 1) == "keep")
        self.gimp.settle()
        screenshot(self.work / "channel.png")
        self.press("Restore", "GtkButton")
        closed = gone(TITLE, 30)
        self.rest()
        self.check("a channel: restored", closed and self.gimp.n_layers() == n + 1)
        self.check("a channel: on record", self.gimp.recipe()["settings"].get("fidelity-channel") == "keep")
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+shift+F9")
        find_window(TITLE, 20)
        self.press("Change Settings", "GtkButton")
        wait_until(lambda: any(w and w["name"] == "Preview, before and after" for w in self.gimp.look()["widgets"]), 20)
        self.check("a channel: of the result whose settings are changed", self.gimp.widget("Fidelity channel", "ComboBox")["text"] == "keep")
        key("Escape")
        gone(TITLE, 5)
        self.rest()
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+z")
        wait_until(lambda: self.gimp.n_layers() == n, 10)

    def damage(self):
        """The menu entry for damage: what is found is the hole, or the selection."""
        n = self.gimp.n_layers()
        self.open("ctrl+shift+F8")
        self.gimp.settle()
        self.check("without a selection there is nothing to mend", not self.gimp.widget("Mend", "GtkButton")["sensitive"])
        self.check("the title says what is done", bool(find_window("^Mend Face Damage: photo", 1)))
        screenshot(self.work / "no-damage.png")
        self.press("Look for scratches, dust and stains and mark them", "GtkButton", 0.1)
        self.gimp.settle()
        self.check("scratches that are found can be mended", self.gimp.widget("Mend", "GtkButton")["sensitive"])
        screenshot(self.work / "found.png")
        key("Escape")
        gone(TITLE, 5)
        self.gimp.ask(f"(gimp-image-select-ellipse {self.gimp.image} 2 60 60 120 50)")
        self.open("ctrl+shift+F8")
        self.gimp.settle()
        model = self.gimp.widget("Model", "ComboBox")["text"]
        self.check("the entry opens with a model that fills", model == "Edge-prior inpainting", model)
        screenshot(self.work / "damage.png")
        self.press("Then restore the faces", "CheckButton", 0.1)
        self.gimp.settle()
        screenshot(self.work / "damage-then.png")
        self.press("Mend", "GtkButton")
        self.check("the selection is filled", gone(TITLE, 30) and wait_until(lambda: self.gimp.n_layers() == n + 1, 20))
        recipe = self.gimp.recipe()
        self.check("and the faces restored, in one layer", len(recipe["faces"]) == 2, json.dumps(recipe["faces"]))
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+z")
        self.check("which one undo takes back", wait_until(lambda: self.gimp.n_layers() == n, 10))
        self.gimp.ask(f"(gimp-selection-none {self.gimp.image})")

    def larger(self):
        """The menu entry that makes a larger image; the old one stays as it is."""
        widths = self.gimp.widths()
        message = find_window("^GIMP Message$", 1)  # of the parts before, above GIMP's window
        if message:
            xdotool("windowactivate", "--sync", message)
            key("Return")
            gone("^GIMP Message$", 5)
        plain = self.gimp.contrast(self.gimp.enlarged(3), [round(3 * SIDE * u) for u in (0.72, 0.49, 0.06, 0.02)], "(gimp-image-delete image)")
        self.open("ctrl+shift+F7")
        self.gimp.settle()
        self.check("larger: the title says what is done", bool(find_window("^Enlarge with Faces: photo", 1)))
        self.check("larger: twice is what comes by itself", self.gimp.widget("Enlarge", "ComboBox")["text"] == "2 times")
        screenshot(self.work / "larger.png")
        self.choose("Enlarge", 0)
        self.check("larger: not at the photo's size", not self.gimp.widget("Enlarge", "GtkButton")["sensitive"])
        self.check("larger: by keys", self.choose("Enlarge", 2) == "3 times")
        self.press("Paint where the face keeps closest to the photo", "ToggleButton")
        drag(self.picture_point(0.68, 0.5), self.picture_point(0.82, 0.5))
        self.gimp.settle()
        screenshot(self.work / "larger-painted.png")
        self.press("Enlarge", "GtkButton")
        self.check("larger: a new image", gone(TITLE, 30) and wait_until(lambda: self.gimp.widths() == sorted([*widths, 3 * SIDE]), 20),
                   self.gimp.widths())
        self.rest()
        painted = self.gimp.contrast(self.gimp.of_width(3 * SIDE), [round(3 * SIDE * u) for u in (0.72, 0.49, 0.06, 0.02)])
        self.check("larger: what was painted counts", 0 < painted < 0.995 * plain, f"{painted:.4f}, else {plain:.4f}")
        time.sleep(1)
        screenshot(self.work / "larger-image.png")

    def twelve_megapixels(self):
        """The image before, made large: its pixels are in the plug-in once (36 MB), with the preview's reduced levels (16) and a few tiles."""
        self.gimp.ask(f"(gimp-image-scale {self.gimp.of_width(3 * SIDE)} 4000 3000)")
        self.open()
        process = driver.plugin_process(self.gimp.plugin)
        self.gimp.settle()
        resident = driver.megabytes(process, "VmRSS")
        self.check("12 megapixels: no second copy of the pixels is kept", resident < RESIDENT_MB[self.gimp.version], f"{resident:.0f} MB")
        key("Escape")
        gone(TITLE, 5)

    def mixing(self):
        """A layer through which the one below shows: its copy takes its place, and one undo takes all of that back."""
        n, layer = self.gimp.n_layers(), self.gimp.ask(f"(number->string {self.gimp.top_layer})").strip('"')
        shown = lambda: "1" in self.gimp.ask(f"(number->string (car (gimp-item-get-visible {layer})))")
        self.gimp.ask(f"(gimp-layer-set-opacity {layer} 60)")
        self.open("ctrl+shift+F9")
        self.gimp.settle()
        screenshot(self.work / "mixing.png")
        self.press("Restore", "GtkButton")
        self.check("mixing: the result is there", gone(TITLE, 30) and wait_until(lambda: self.gimp.n_layers() == n + 1, 20))
        self.check("mixing: the layer is hidden", wait_until(lambda: not shown(), 10))  # the last of the steps
        time.sleep(0.5)
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+z")
        self.check("mixing: one undo takes it back", wait_until(lambda: self.gimp.n_layers() == n, 10))
        self.check("mixing: and shows the layer again", wait_until(shown, 5))
        self.gimp.ask(f"(gimp-layer-set-opacity {layer} 100)")

    def refusal(self):
        """In GIMP's own way, without a dialog of ours."""
        new = '"tiny" 100 0' if self.gimp.version == 2 else '100 0'
        name = "" if self.gimp.version == 2 else '"tiny" '
        self.gimp.ask(f"(let* ((image {self.gimp.image}) (layer (car (gimp-layer-new image {name}4 4 0 {new}))))"
                      "  (gimp-image-insert-layer image layer 0 0) (gimp-displays-flush))")
        n = self.gimp.n_layers()
        xdotool("windowactivate", "--sync", self.gimp.main_window())
        key("ctrl+shift+F9")
        time.sleep(2)
        screenshot(self.work / "refusal.png")
        self.check("a layer of 4x4 opens no dialog", not xdotool("search", "--onlyvisible", "--name", TITLE))
        self.check("and the image stays", self.gimp.n_layers() == n)
        self.gimp.ask(f"(begin (gimp-image-remove-layer {self.gimp.image} {self.gimp.top_layer}) (gimp-displays-flush))")

    def run(self):
        time.sleep(3)
        for part in (self.opens, self.sliders, self.lists, self.faces, self.view, self.resize, self.more, self.presets, self.help, self.restore,
                     self.undo_and_repeat, self.stop, self.selection, self.damage, self.channel, self.mixing,
                     self.refusal, self.larger, self.twelve_megapixels):
            part()


def in_gimp(tap, work, *start):
    variables = {"RVS_FAKE_FACES": FACES, "RVS_FAKE_SLOW_FILE": "WORK/slow", "GDK_SCALE": str(SCALE)}
    driver.run_in_gimp(tap, lambda gimp: Test(tap, gimp, work).run(), work, *start, variables, size=f"{1280 * SCALE}x{720 * SCALE}")


def main():
    version, plugin, photo, work = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]).resolve()
    source, root = (sys.argv[5], sys.argv[6]) if len(sys.argv) > 6 else ("", "")
    missing = driver.missing_tools(version)
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob("*.png"):
        old.unlink()
    (work / "slow").write_text("0")
    tap = driver.Tap()
    tap.run(lambda: in_gimp(tap, work, version, plugin, photo, work, source, root))
    return 0


sys.exit(main())
