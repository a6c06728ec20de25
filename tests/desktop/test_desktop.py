#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""test_desktop.py GROUP PROGRAM REVISAGE DRAG_SOURCE SOURCE WORK: the desktop filter as a user runs it. TAP on stdout; screenshots and
logs stay in WORK."""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import driver
from driver import Program, screenshot, wait_for

GROUP, PROGRAM, REVISAGE, DRAG_SOURCE, SOURCE, WORK = sys.argv[1], *map(Path, sys.argv[2:7])
WEIGHTS = SOURCE / "weights"
RANDOM_WEIGHTS = SOURCE / "tests/cli/weights"  # their detector sees faces everywhere, one over the other
QUICK_WEIGHTS = SOURCE / "weights/tiny"  # random as well, but for the detector, which is the shipped one
PHOTO = SOURCE / "tests/data/astronaut.png"
STOP_BUTTON = (1172, 690)  # of Restore all, in the maximized window
FIND_BUTTON = (1112, 394)  # the same, with a model that fills holes
VIEW = (13, 64, 944, 550)  # left, top, right, bottom of the preview, without its tool bar

tap = driver.Tap()


def restored_by_cli(photo, result, weights=WEIGHTS):
    subprocess.run([REVISAGE, "-q", "--overwrite", photo, "-o", result], check=True, env=dict(os.environ, RVS_MODEL_DIR=str(weights)))
    return result.read_bytes()


def convert(*words):
    subprocess.run(["convert", *map(str, words)], check=True)


def left_behind(folder):
    return [name for _, _, names in os.walk(folder) for name in names if name.startswith(".revisage-")]


def open_photo(home, photo, weights=WEIGHTS):
    program = Program(PROGRAM, home, [photo], weights)
    program.said("photo 1 ready", 30)
    time.sleep(0.3)
    return program


def finish(program):
    blocked = program.close()
    tap.check("the program ends by itself", blocked is not None)
    if blocked:
        tap.in_time("the main loop never works for long", blocked[0] < driver.LIMIT_BLOCKED_MS,
                    f"{blocked[0]} ms of processor time, {blocked[1]} ms by the clock")
    tap.check("GTK has nothing to complain about", not program.complaints(), " | ".join(program.complaints()[:3]))


def save_and_compare(program, name, path, want):
    mark = program.mark()
    program.save_as(path)
    tap.check(f"{name} is saved", program.said("message: Saved as", 60, mark))
    tap.check(f"{name} is the command line's file, byte for byte", path.exists() and path.read_bytes() == want)


# ---- one photo --------------------------------------------------------------------------------


def look(program):
    """The divider and the toggle for the original."""
    left, top, right, bottom = VIEW
    away = (640, 25)  # a box under the pointer looks different
    driver.xdotool("mousemove", *away)
    program.key("b")  # the photo before is shown without them
    first = driver.settled(WORK / "photo.png")
    centre = (left + right) // 2
    edge = right - 20  # inside the picture, and there the divider stays under the pointer
    program.drag(centre, (top + bottom) // 2, edge, (top + bottom) // 2)
    driver.xdotool("mousemove", *away)
    area = (slice(top + 40, bottom - 40), slice(centre + 30, right - 40))
    tap.check("dragging the divider uncovers the photo before", wait_for(lambda: abs(screenshot()[area] - first[area]).max() > 8, 10))
    dragged = driver.settled(WORK / "dragged.png")
    program.drag(edge, (top + bottom) // 2, centre, (top + bottom) // 2)
    driver.xdotool("mousemove", *away)
    tap.check("the divider goes back", wait_for(lambda: abs(screenshot()[area] - first[area]).max() < 8, 10))
    program.key("ctrl+b")
    tap.check("the toggle shows only the photo before",
              wait_for(lambda: abs(screenshot(WORK / "original.png")[area] - dragged[area]).max() <= 2, 10))
    program.key("ctrl+b")
    tap.check("and back", wait_for(lambda: abs(screenshot()[area] - first[area]).max() < 8, 10))
    program.key("b")


def info_bar_colour():
    """Of the bar for messages below the header, as (red, green, blue); None: no bar is shown."""
    time.sleep(0.6)
    row = screenshot()[52, 600:1000]
    red, green, blue = (int(v) for v in sorted(map(tuple, row))[len(row) // 2])
    return None if max(red, green, blue) - min(red, green, blue) < 12 else (red, green, blue)


def overwriting(program, path):
    before = path.stat().st_mtime_ns
    program.save_as(path)
    tap.check("saving over a file asks", program.has_keys(program.before_return))
    program.key("Escape")
    wait_for(lambda: len(program.windows()) <= len(program.before_return), 10)
    tap.check("Escape keeps the old file", path.stat().st_mtime_ns == before)
    while len(program.windows()) > 1:
        program.key("Escape")
    mark = program.mark()
    program.save_as(path)
    program.has_keys(program.before_return)
    program.key("alt+r")
    tap.check("Replace replaces it", program.said("message: Saved as", 60, mark) and path.stat().st_mtime_ns != before)


def quality_is_kept(home):
    """The quality that was chosen last is that of the next JPEG."""
    settings = home / ".config/revisage/desktop.ini"
    sizes = []
    for quality in (95, 60):
        settings.write_text(f"[window]\nmaximized=1\nquality={quality}\n")
        program = open_photo(home, PHOTO)
        path, mark = home / f"quality-{quality}.jpg", program.mark()
        program.save_as(path)
        tap.check(f"a JPEG of quality {quality} is saved", program.said("message: Saved as", 60, mark))
        screenshot(WORK / f"quality-{quality}.png")
        sizes.append(path.stat().st_size if path.exists() else 0)
        program.close()
    tap.check("less quality is a smaller file", 0 < sizes[1] < sizes[0] * 2 // 3, sizes)
    tap.check("and it is remembered", "quality=60" in settings.read_text())


def unwritable(program, home):
    mark = program.mark()
    program.save_as("/sys/restored.png")
    tap.check("a folder that cannot be written is named", program.said("message: restored.png: The file cannot be written", 60, mark))
    bad = info_bar_colour()
    screenshot(WORK / "unwritable.png")
    tap.check("an error is red", bad and bad[0] == max(bad), bad)
    full = home / "full.png"
    subprocess.run(["prlimit", "--pid", str(program.pid()), "--fsize=100000:"], check=True)
    mark = program.mark()
    program.save_as(full)
    tap.check("a full disk is told", program.said("message: full.png: The file cannot be written", 60, mark))
    subprocess.run(["prlimit", "--pid", str(program.pid()), "--fsize=unlimited:"], check=True)
    tap.check("nothing is left of it", not full.exists() and not left_behind(home))


def guard(program):
    program.key("space")  # leaves the face out: can no longer be saved, and is a change
    tap.check("a change is marked in the title", wait_for(lambda: program.title().startswith("•"), 5), program.title())
    program.key("space")
    tap.check("undoing it by hand leaves a choice of the user", wait_for(lambda: program.title().startswith("•"), 5))
    before = program.windows()
    tap.check("closing asks", program.ask_to_close() and program.has_keys(before))
    screenshot(WORK / "guard.png")
    program.key("Escape")
    tap.check("Escape stays", program.no_dialog() and program.alive())
    program.ask_to_close()
    program.has_keys(before)
    program.key("alt+w")
    tap.check("closing without saving closes", wait_for(lambda: not program.alive(), 60))


def group_photo():
    home = WORK / "home-photo"
    program = Program(PROGRAM, home, [PHOTO], WEIGHTS)
    tap.in_time("the window is there within a second", program.milliseconds("window drawn") <= 1000,
                f"{program.milliseconds('window drawn')} ms")
    tap.in_time("the photo is shown", program.milliseconds("photo 1 shown") <= 1500, f"{program.milliseconds('photo 1 shown')} ms")
    tap.check("and restored", program.said("photo 1 ready", 120))
    time.sleep(2)  # the watchdog starts
    look(program)
    result = home / "result.png"
    save_and_compare(program, "the photo", result, restored_by_cli(PHOTO, home / "cli.png"))
    good = info_bar_colour()
    screenshot(WORK / "saved.png")
    tap.check("good news are green", good and good[1] == max(good), good)
    overwriting(program, result)
    unwritable(program, home)
    guard(program)
    finish(program)
    quality_is_kept(home)


# ---- kinds of files ---------------------------------------------------------------------------


def rich_jpeg(path):
    """With a colour profile, EXIF that says it lies on its side, and a comment."""
    from PIL import Image, ImageCms
    picture = Image.open(PHOTO).convert("RGB").rotate(90, expand=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(path, quality=93, exif=exif.tobytes(), icc_profile=profile, comment="a note")


def turned_by_hand(program, photo, home):
    """A turn is a change that undo takes back; the file holds it, and says of itself that it stands upright."""
    from PIL import Image, ImageOps
    upright = ImageOps.exif_transpose(Image.open(photo))
    mark = program.mark()
    program.key("ctrl+shift+r")
    tap.check("a turned photo is restored", program.said("photo 1 ready", 60, mark))
    tap.check("a turn is a change", wait_for(lambda: program.title().startswith("•"), 5), program.title())
    mark = program.mark()
    program.key("ctrl+z")
    tap.check("undo turns it back", program.said("photo 1 ready", 60, mark)
              and wait_for(lambda: not program.title().startswith("•"), 5), program.title())
    mark = program.mark()
    program.key("ctrl+shift+l")
    program.said("photo 1 ready", 60, mark)
    path, mark = home / "by-hand.jpg", program.mark()
    program.save_as(path)
    tap.check("a turned photo is saved", program.said("message: Saved as by-hand.jpg", 60, mark))
    saved = Image.open(path)
    tap.check("as it was turned, for every reader", saved.size == upright.size[::-1] and saved.getexif().get(0x0112, 1) == 1,
              (saved.size, saved.getexif().get(0x0112)))
    far = ImageOps.grayscale(saved.resize((32, 32))), ImageOps.grayscale(upright.rotate(90, expand=True).resize((32, 32)))
    tap.check("to the left", max(abs(a - b) for a, b in zip(far[0].tobytes(), far[1].tobytes())) < 60)


def group_kinds():
    from PIL import Image, PngImagePlugin
    home = WORK / "home-kinds"
    home.mkdir(parents=True)
    deep, turned, web = home / "deep.png", home / "turned.jpg", home / "web.webp"
    convert(PHOTO, "-depth", "16", "-evaluate", "multiply", "0.917", "-define", "png:bit-depth=16", deep)
    rich_jpeg(turned)
    convert(PHOTO, "-quality", "90", web)
    for photo, name in ((deep, "a 16-bit PNG"), (turned, "a JPEG with profile, EXIF and orientation")):
        program = open_photo(home, photo)
        result = home / f"result{photo.suffix}"
        save_and_compare(program, name, result, restored_by_cli(photo, home / f"cli{photo.suffix}"))
        if photo == turned:
            turned_by_hand(program, photo, home)
        if photo == deep:
            mark = program.mark()
            program.save_as(home / "shallow.jpg")
            tap.check("what JPEG cannot hold is told", program.said("message: Saved as shallow.jpg. Not kept: the finer steps of 16-bit values", 20, mark))
        program.close()
    program = open_photo(home, web)
    screenshot(WORK / "webp.png")
    save_and_compare(program, "a WebP picture", home / "result.webp", restored_by_cli(web, home / "cli.webp"))
    mark = program.mark()
    program.save_as(home / "web-again")
    tap.check("a WebP picture is saved as WebP", program.said("message: Saved as web-again.webp", 20, mark))
    program.close()
    linear = home / "linear.png"  # its colours are not sRGB's: the panel shows them right, the file keeps them
    chunks = PngImagePlugin.PngInfo()
    chunks.add(b"gAMA", (100000).to_bytes(4, "big"))
    light = [round(255 * (v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4)) for v in range(256)]
    Image.open(PHOTO).convert("RGB").point(light * 3).save(linear, pnginfo=chunks)
    program = open_photo(home, linear)
    screenshot(WORK / "linear.png")
    save_and_compare(program, "a PNG in linear light", home / "result-linear.png", restored_by_cli(linear, home / "cli-linear.png"))
    program.close()
    for source, name in ((deep, "deep.tiff"), (turned, "turned.tif")):
        convert(source, "-compress", "lzw", home / name)
        program = open_photo(home, home / name)
        save_and_compare(program, f"a TIFF picture, {name}", home / f"result-{name}", restored_by_cli(home / name, home / f"cli-{name}"))
        program.close()
    # many faces, one over the other
    program = open_photo(home, PHOTO, RANDOM_WEIGHTS)
    save_and_compare(program, "a photo of overlapping faces", home / "many.png",
                     restored_by_cli(PHOTO, home / "cli-many.png", RANDOM_WEIGHTS))
    program.close()


def group_large():
    """24 megapixels."""
    home = WORK / "home-large"
    home.mkdir(parents=True)
    large = home / "large.jpg"
    convert(PHOTO, "-resize", "6000x4000!", "-quality", "90", large)
    program = open_photo(home, large)
    shown = program.milliseconds("photo 1 shown")
    tap.in_time("24 megapixels are shown within 1.5 s", shown <= 1500, f"{shown} ms")
    time.sleep(2)  # the watchdog starts
    left, top, right, bottom = VIEW
    centre = ((left + right) // 2, (top + bottom) // 2)
    program.key("ctrl+1")
    for step in range(12):  # shows full-size pixels, moved by the middle button
        driver.xdotool("mousemove", centre[0] + 20 * step, centre[1], "mousedown", 2, "mousemove", centre[0] - 120, centre[1] - 60, "mouseup", 2)
    for button in (5, 5, 5, 5, 4, 4, 4, 4, 4):
        driver.xdotool("mousemove", *centre, "click", button)
    program.key("ctrl+0", "ctrl+plus", "ctrl+minus")
    screenshot(WORK / "large.png")
    finish(program)


# ---- the list ---------------------------------------------------------------------------------


def make_photos(folder, n, size=160):
    folder.mkdir(parents=True, exist_ok=True)
    convert(PHOTO, "-crop", "320x320+70+0", "+repage", "-resize", f"{size}x{size}", folder / "p00.jpg")
    for i in range(1, n):
        shutil.copy(folder / "p00.jpg", folder / f"p{i:02d}.jpg")
    return [folder / f"p{i:02d}.jpg" for i in range(n)]


def break_some(folder, photos):
    """A truncated, an empty and a wrong one in the place of three."""
    data = photos[3].read_bytes()
    photos[3].write_bytes(data[:len(data) // 2])
    photos[7].write_bytes(b"")
    photos[11].write_text("this is no picture\n")
    return [photos[i].name for i in (3, 7, 11)]


def drop(program, paths, x=600, y=300):
    source = subprocess.Popen([DRAG_SOURCE, *map(str, paths)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.6)
    xdotool = driver.xdotool
    xdotool("mousemove", 60, 20, "mousedown", 1)
    for i in range(1, 16):
        xdotool("mousemove", 60 + (x - 60) * i // 15, 20 + (y - 20) * i // 15)
        time.sleep(0.02)
    time.sleep(0.3)
    if program:
        screenshot(WORK / "drop.png")
    xdotool("mouseup", 1)
    try:
        source.wait(10)
    except subprocess.TimeoutExpired:
        source.kill()


def restore_all(program):
    mark = program.mark()
    program.key("ctrl+r")
    program.dialog()
    time.sleep(0.5)
    program.key("Return")
    return mark


def group_list():
    home = WORK / "home-list"
    folder = home / "album"
    photos = make_photos(folder, 50)
    broken = break_some(folder, photos)
    program = Program(PROGRAM, home, [], QUICK_WEIGHTS)
    tap.check("the invitation is there", program.said("window drawn", 10))
    time.sleep(0.5)
    screenshot(WORK / "empty.png")
    drop(program, photos)
    tap.check("50 files are dropped", program.said("list: 50", 15))
    for name in broken:
        tap.check(f"{name} is named as broken", program.said(f"(?s)message: .*{name}: The file is damaged", 30))
    program.said("photo 1 ready", 30)
    wait_for(lambda: program.text().count("The file is damaged") >= 6, 10)
    screenshot(WORK / "list.png")
    photos[20].unlink()  # vanishes while the program is open
    mark = restore_all(program)
    wait_for(lambda: len(list(folder.glob("*-restored.jpg"))) >= 12, 30)
    early = program.resident_mb()
    screenshot(WORK / "restoring.png")
    told = program.said(r"(?s)message: 46 of 50 photos were restored and saved, 4 failed:.*p20.jpg: The file cannot be read", 90, mark)
    tap.check("46 are restored, the vanished one is named", told)
    tap.check("and so are those that never could be read", told and all(f"{name}: The file is damaged" in told.group(0) for name in broken))
    red, green, blue = info_bar_colour()
    tap.check("that is no plain success", red > green, f"{red}, {green}, {blue}")
    late = program.resident_mb()
    tap.check("memory stays flat", late < early + 20, f"{early:.0f} MB after 12 photos, {late:.0f} MB after 46")
    screenshot(WORK / "restored.png")
    results = sorted(p.name for p in folder.glob("*-restored.jpg"))
    tap.check("their files are there and no others", len(results) == 46 and not left_behind(home), str(len(results)))
    want = restored_by_cli(photos[0], home / "cli.jpg", QUICK_WEIGHTS)
    tap.check("each is the command line's file", all((folder / name).read_bytes() == want for name in results))
    again_and_stop(program, folder, want)
    finish(program)


def again_and_stop(program, folder, want):
    program.key("ctrl+r")
    program.dialog()
    time.sleep(0.5)
    program.key("Return")
    time.sleep(0.8)
    tap.check("restoring again asks before it replaces", program.dialog())
    screenshot(WORK / "existing.png")
    mark = program.mark()
    program.key("alt+r")
    time.sleep(1.2)
    program.click(*STOP_BUTTON)
    stopped = program.said(r"message: Stopped\. (\d+) of \d+ photos w", 10, mark)
    tap.check("Stop stops", stopped and int(stopped.group(1)) < 40, stopped.group(0) if stopped else "")
    tap.check("and leaves only whole files", not left_behind(folder)
              and all(p.read_bytes() == want for p in folder.glob("*-restored.jpg")))
    restore_all(program)
    time.sleep(0.8)
    program.key("alt+r")
    time.sleep(1)
    tap.check("closing while it works asks", program.ask_to_close())
    time.sleep(0.4)
    program.key("alt+s")
    tap.check("Stop and Close closes", wait_for(lambda: not program.alive(), 10) and not left_behind(folder))


# ---- clipboard, second start, settings --------------------------------------------------------


def copied():
    return subprocess.run(["xclip", "-selection", "clipboard", "-t", "image/png", "-o"], capture_output=True, timeout=10,
                          check=False).stdout


def group_exchange():
    home = WORK / "home-exchange"
    home.mkdir(parents=True)
    program = Program(PROGRAM, home, [], WEIGHTS)
    program.said("window drawn", 10)
    time.sleep(0.5)
    program.key("ctrl+v")
    tap.check("pasting nothing says so", program.said("message: There is no picture in the clipboard", 5))
    subprocess.run(["xclip", "-selection", "clipboard", "-t", "image/png", "-i", PHOTO], check=True, stdout=subprocess.DEVNULL)
    program.key("ctrl+v")
    tap.check("a picture is pasted and restored", program.said("photo 1 ready", 30))
    time.sleep(0.5)
    mark = program.mark()
    program.key("ctrl+c")
    tap.check("the result is copied", program.said("message: The restored picture is in the clipboard", 15, mark))
    tap.check("it is the command line's, byte for byte", copied() == restored_by_cli(PHOTO, home / "cli.png"))
    second = home / "second.png"
    shutil.copy(PHOTO, second)
    bus = (home / "bus").read_text().strip()
    started = time.monotonic()
    again = subprocess.run([PROGRAM, second], env=dict(program.env, DBUS_SESSION_BUS_ADDRESS=bus, RVS_WATCH_LOG=""), timeout=20, check=False)
    tap.check("a second start hands its file over and ends", again.returncode == 0 and program.said("photo 2 ready", 30),
              f"{time.monotonic() - started:.2f} s")
    time.sleep(0.5)
    program.key("space")  # leaves the face of the second photo out
    tap.check("a choice is kept while another photo is shown", wait_for(lambda: program.title().startswith("•"), 5))
    mark = program.mark()
    program.key("ctrl+Page_Up")
    wait_for(lambda: "Pasted" in program.title(), 5)
    tap.check("the photo that was left is there with its work", program.said("photo 1 kept, 1 of 2 faces done", 5, mark)
              and program.said("photo 1 ready", 2, mark))
    tap.check("what was said of the other one is gone", not info_bar_colour())
    program.key("ctrl+c")
    tap.check("it is copied", program.said("message: The restored picture is in the clipboard", 15, mark))
    tap.check("as it was", copied() == restored_by_cli(PHOTO, home / "cli.png"))
    program.key("ctrl+Page_Down")
    tap.check("and is there again", wait_for(lambda: program.title() == "• second.png", 5), program.title())
    tap.check("a pasted picture is not lost without a question", program.ask_to_close())
    time.sleep(0.4)
    program.key("Escape")
    program.no_dialog()
    finish(program)
    remembered = (home / ".config/revisage/desktop.ini").read_text()
    recent = (home / ".local/share/recently-used.xbel").read_text()
    tap.check("the photo is among the recent files", second.as_uri() in recent and "revisage-gtk" in recent)
    tap.check("window and settings are remembered", "maximized=1" in remembered and "[last]" in remembered and "strength" in remembered)


def close_all(program):
    """One by one, each when the one before is gone."""
    counts = [int(n) for n in re.findall(r"list: (\d+)", program.text())]
    for left in range(counts[-1] - 1, -1, -1):
        mark = program.mark()
        program.key("ctrl+w")
        if not program.said(f"list: {left}\\b", 20, mark):
            return False
    return True


def group_bad():
    home = WORK / "home-bad"
    home.mkdir(parents=True)
    (home / "empty").mkdir()
    wrong = home / "wrong.jpg"
    wrong.write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    program = Program(PROGRAM, home, [home / "not-there.png", wrong, home / "empty", "/dev/null"], WEIGHTS)
    tap.check("a file that is not there is named", program.said("(?s)message: .*not-there.png: The file cannot be read", 60))
    tap.check("a damaged one too", program.said("(?s)message: .*wrong.jpg: The file is damaged", 60))
    tap.check("a folder without pictures too", program.said("(?s)message: .*empty: There are no pictures in this folder", 60))
    tap.check("a device too", program.said("(?s)message: .*null: The file cannot be read", 60))
    driver.settled(WORK / "bad.png")
    program.key("ctrl+s", "ctrl+r", "ctrl+c")
    tap.check("they can be closed one by one", close_all(program) and program.alive())
    finish(program)
    no_weights = home / "no-weights"
    no_weights.mkdir()
    (no_weights / "detect-face.safetensors").write_bytes(b"nothing")
    program = Program(PROGRAM, home, [PHOTO], no_weights)
    tap.check("without weights the photo is shown all the same", program.said("photo 1 shown", 60))
    driver.settled(WORK / "no-weights.png")
    program.key("ctrl+s")
    tap.check("and nothing can be saved", not program.dialog(1) and program.alive())
    finish(program)


def group_ending():
    """The session ends while a question is open."""
    for number, keys in enumerate((("ctrl+s",), ("ctrl+o",), ("space", "alt+F4"), ("ctrl+r",))):
        home = WORK / f"home-{number}"
        home.mkdir(parents=True)
        photos = make_photos(home, 2)
        program = Program(PROGRAM, home, photos, QUICK_WEIGHTS)
        program.said("photo 1 ready", 30)
        time.sleep(0.4)
        program.key(*keys)
        tap.check(f"{keys[-1]} opens a window", program.dialog())
        time.sleep(0.3)
        tap.check("the program ends all the same", program.close() is not None)
        tap.check("GTK has nothing to complain about", not program.complaints(), " | ".join(program.complaints()[:3]))


def changed_rows(photo, result):
    """The rows of two files that differ, as an array of flags."""
    import numpy
    from PIL import Image
    a, b = (numpy.asarray(Image.open(path).convert("RGB")).astype(int) for path in (photo, result))
    return abs(a - b).max(axis=(1, 2)) > 0


def find_scratches(program):
    """What is found with random weights is anything, but it is marked as one stroke."""
    mark = program.mark()
    program.click(*FIND_BUTTON)
    tap.check("what is found is filled", program.said("photo 1 ready", 60, mark))
    time.sleep(0.3)
    screenshot(WORK / "found.png")
    mark = program.mark()
    driver.xdotool("mousemove", 478, 340)
    program.click(478, 500)
    program.said("photo 1 ready", 60, mark)
    for _ in range(2):
        mark = program.mark()
        program.key("ctrl+z")
        program.said("photo 1 ready", 60, mark)
    program.key("ctrl+s")
    tap.check("Ctrl+Z takes it back", not program.dialog(1))


def group_damage():
    """Damage is painted on the preview and filled; strokes are taken back, erased and kept with the photo."""
    home = WORK / "home-damage"
    settings = home / ".config/revisage/desktop.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[window]\nmaximized=1\n[last]\nmodel=fill\n")
    photo, result = home / "photo.png", home / "filled.png"
    shutil.copy(PHOTO, photo)
    program = open_photo(home, photo, QUICK_WEIGHTS)
    screenshot(WORK / "unmarked.png")
    program.key("ctrl+s")
    tap.check("without marks there is nothing to save", not program.dialog(1))
    left, top, right, bottom = VIEW
    find_scratches(program)
    y = top + (bottom - top) * 85 // 100
    driver.xdotool("mousemove", (left + right) // 2 + 100, y)
    time.sleep(0.3)
    mark = program.mark()
    program.drag((left + right) // 2 + 60, y, (left + right) // 2 + 160, y)
    tap.check("a stroke is filled", program.said("photo 1 ready", 60, mark))
    time.sleep(0.3)
    screenshot(WORK / "filled.png")
    mark = program.mark()
    program.key("e", "bracketright", "bracketright")
    program.drag((left + right) // 2 + 40, y, (left + right) // 2 + 180, y)
    program.said("photo 1 ready", 60, mark)
    program.key("ctrl+s")
    tap.check("erased, there is nothing to save", not program.dialog(1))
    screenshot(WORK / "erased.png")
    mark = program.mark()
    program.key("ctrl+z")
    tap.check("Ctrl+Z brings the mark back", program.said("photo 1 ready", 60, mark))
    mark = program.mark()
    program.save_as(result)
    tap.check("the filled photo is saved", program.said("message: Saved as", 60, mark))
    rows = changed_rows(photo, result)
    tap.check("what was painted over has changed, and nothing else", 4 <= rows.sum() <= 20, int(rows.sum()))
    finish(program)


def in_display():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    display = driver.Display()
    try:
        globals()[f"group_{GROUP}"]()
    finally:
        display.close()


def main():
    missing = driver.missing_tools()
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    tap.run(in_display)
    return 0


sys.exit(main())
