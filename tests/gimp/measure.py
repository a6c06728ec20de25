#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""measure.py VERSION PLUGIN WORK [SOURCE ROOT] [--weights FOLDER] [--photo PNG] [--own-space] [--crowd] [--runs N]: the dialog's promised times on a layer
of 4000x3000, in a real GIMP with the real engine and weights; --crowd: its memory with 60 faces instead.

PLUGIN is tests/gimp/revisage-probe2 or -probe3: the plug-in that people get, with the probe in it. Prints a line a run and the median.
Only figures of an idle machine mean anything."""
import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import gimp_driver as driver

LIMITS = {"dialog visible, s": 1.5, "first stage after that, s": 1.0, "blocked by the clock, ms": 50, "closing while busy, s": 0.3,
          "peak memory, MB": 600}
CROWD_MB = 400


def make_photo(photo, path, own_space):
    """12 megapixels with the photo's faces: enlarged, on a grey ground."""
    chunks = [] if own_space else ["-strip", "-define", "png:include-chunk=none"]  # a gamma of 2.2 is not sRGB's
    subprocess.run(["convert", str(photo), "-resize", "4000x3000", "-background", "grey50", "-gravity", "center", "-extent", "4000x3000",
                    "-depth", "8", *chunks, f"PNG24:{path}"], check=True)


def make_crowd(photo, path):
    """12 megapixels with the face of tests/data/astronaut.png 60 times, 230 x 305 pixels large and so coarse that most of it changes."""
    subprocess.run(["convert", str(photo), "-crop", "170x212+140+0", "+repage", "-resize", "100x125!", "-resize", "400x500!", "-write", "mpr:face", "+delete",
                    "-size", "4000x3000", "tile:mpr:face", "-strip", "-define", "png:include-chunk=none", "-depth", "8", f"PNG24:{path}"],
                   check=True)


def close_while_busy(gimp):
    """Another fidelity makes the network run; then Escape. Seconds until window and process are gone."""
    slider = gimp.widget("Fidelity", "GtkScale")
    process = driver.plugin_process(gimp.plugin)
    driver.click(driver.point(slider["place"], 0.1))
    state = gimp.look()
    start = time.monotonic()
    driver.xdotool("key", "Escape")
    closed = driver.gone("^Restore Faces", 20)
    window = time.monotonic() - start
    while process.exists() and time.monotonic() - start < 20:
        time.sleep(0.005)
    return (window if closed else 20, time.monotonic() - start, bool(state["busy"]))


def one_run(gimp):
    window, start = gimp.open_dialog()
    visible = time.monotonic()
    process = driver.plugin_process(gimp.plugin)
    state = gimp.settle(120)
    if state["error"]:
        sys.exit(state["error"])
    driver.screenshot(gimp.work / "measured.png")
    peak = driver.peak_megabytes(process)
    closing, ended, busy = close_while_busy(gimp)
    return {"dialog visible, s": visible - start, "picture, s": state["picture_at"] - start, "faces, s": state["faces_at"] - start,
            "first stage after that, s": state["stage_at"] - visible, "final, s": state["final_at"] - start,
            "blocked by the clock, ms": state["blocked_ms"], "blocked, processor ms": state["blocked_cpu_ms"],
            "closing while busy, s": closing, "process gone, s": ended, "was busy": busy, "peak memory, MB": peak}


def crowd_run(gimp):
    """All faces of a crowd: seconds until they are finished, processor time, and the plug-in's peak, in megabytes."""
    _, start = gimp.open_dialog()
    process = driver.plugin_process(gimp.plugin)
    state = gimp.settle(600)
    if state["error"] or state["n_final"] < len(state["faces"]):
        sys.exit(state["error"] or "the faces are not finished")
    return len(state["faces"]), time.monotonic() - start, driver.processor_seconds(process), driver.peak_megabytes(process)


def restore_masked(gimp):
    """The output that needs most: seconds until the dialog is gone and until the layer is there; the plug-in's peak, in megabytes."""
    gimp.open_dialog()
    gimp.settle(120)
    driver.click(driver.point(gimp.widget("Output", "ComboBox")["place"]))
    time.sleep(0.3)
    driver.key("Home", "Down", "Return")
    process, peak = driver.plugin_process(gimp.plugin), 0
    at = driver.point(gimp.widget("Restore", "GtkButton")["place"])
    start = time.monotonic()
    driver.xdotool("mousemove", *at, "click", 1)
    closed = 0
    while process.exists() and time.monotonic() - start < 120:
        try:
            peak = max(peak, driver.peak_megabytes(process))
        except (OSError, StopIteration):  # it has just ended
            break
        if not closed and not driver.xdotool("search", "--onlyvisible", "--name", "^Restore Faces"):
            closed = time.monotonic() - start
    return closed, time.monotonic() - start, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("version", type=int)
    parser.add_argument("plugin", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("source", nargs="?", default="")
    parser.add_argument("root", nargs="?", default="")
    here = Path(__file__).resolve().parents[2]
    parser.add_argument("--weights", type=Path, default=here / "weights")
    parser.add_argument("--photo", type=Path, default=here / "tests/data/astronaut.png")
    parser.add_argument("--own-space", action="store_true", help="a layer with a colour space of its own, which is read as floats")
    parser.add_argument("--crowd", action="store_true", help="60 faces: nothing but their memory")
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    missing = driver.missing_tools(args.version)
    if missing:
        sys.exit(f"not installed: {' '.join(missing)}")
    work = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if args.crowd:
        make_crowd(here / "tests/data/astronaut.png", work / "large.png")
    else:
        make_photo(args.photo, work / "large.png", args.own_space)
    shutil.copytree(args.weights, work / "weights", dirs_exist_ok=True,
                    ignore=lambda folder, names: [n for n in names if not n.endswith((".safetensors", "SHA256SUMS"))])
    display = driver.Display()
    gimp = driver.Gimp(args.version, args.plugin, work / "large.png", work, args.source, args.root, {"RVS_MODEL_DIR": "WORK/weights"})
    try:
        if not gimp.wait_for_server():
            sys.exit("GIMP does not start, see " + str(work / "gimp.log"))
        time.sleep(5)
        if args.crowd:
            faces, seconds, processor, peak = crowd_run(gimp)
            print(f"GIMP {args.version}: {faces} faces: finished after {seconds:.0f} s, {processor:.0f} s of processor time, peak {peak:.0f} MB "
                  f"(limit {CROWD_MB})")
            return peak > CROWD_MB
        runs = []
        for number in range(args.runs):
            runs.append(one_run(gimp))
            print(f"run {number + 1}: " + "; ".join(f"{name} {value:.2f}" for name, value in runs[-1].items()), flush=True)
            time.sleep(2)
        closed, written, peak = restore_masked(gimp)
    finally:
        gimp.close()
        display.close()
    for name, limit in LIMITS.items():
        median = statistics.median(run[name] for run in runs)
        print(f"GIMP {args.version}: {name}: {median:.2f} (worst {max(run[name] for run in runs):.2f}, limit {limit})")
    print(f"GIMP {args.version}: restoring to a layer with a mask: dialog gone after {closed:.2f} s, layer there after {written:.2f} s, "
          f"peak {peak:.0f} MB (limit {LIMITS['peak memory, MB']})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
