#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""installed.py MESON BUILD SOURCE REVISAGE PREFIX CC...: what `meson install` gives to other programs. docs/example.c is built with nothing but
what pkg-config says of the installed library, runs against it, and writes the pixels that the command line writes. TAP."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

PUBLIC = re.compile(r"^rvs_[a-z][a-z0-9_]*$")


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


class Installed:
    def __init__(self, meson, build, prefix, folder):
        run(meson, "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", str(folder))
        self.folder = folder
        self.root = Path(f"{folder}{prefix}")
        self.library = next(self.root.rglob("librevisage.so"))
        self.env = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": str(folder), "LD_LIBRARY_PATH": str(self.library.parent),
                    "PKG_CONFIG_PATH": str(next(self.root.rglob("revisage.pc")).parent), "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
                    "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}

    def says(self, *question):
        return run("pkg-config", *question, "revisage", env=self.env, text=True).split()


def exported(library):
    out = run("nm", "-D", "--defined-only", str(library), text=True)
    return {line.split()[-1].split("@")[0] for line in out.splitlines()}


def declared(include):
    """Functions of the public headers, less those that are inline."""
    text = re.sub(r"/\*.*?\*/", " ", "".join(p.read_text() for p in include.glob("*.h")), flags=re.S)
    inline = re.findall(r"^static inline .*\n(rvs_\w+) \(", text, re.M)
    return set(re.findall(r"\b(rvs_\w+) \(", text)) - set(inline)


def weights_of(installed):
    """Some pkg-configs put the folder that stands for the root before a variable, others do not."""
    return f"{installed.folder}{installed.says('--variable=weightsdir')[0].removeprefix(str(installed.folder))}"


def build_example(installed, cc, source, work):
    run(*cc, "-Wall", "-Wextra", "-Werror", str(source / "docs/example.c"), "-o", str(work / "example"), *installed.says("--cflags", "--libs"))


def example(installed, work, folder, ppm):
    """Run with the weights of a folder."""
    weights = [f"{folder}/{name}.safetensors" for name in ("detect-face", "parse-face-256", "restore-jsfm-512")]
    return subprocess.run([str(work / "example"), *weights], env=installed.env, capture_output=True, input=ppm)


def restored_by_command(revisage, installed, photo, work):
    photo.save(work / "photo.png")
    run(revisage, "-o", str(work / "restored.png"), str(work / "photo.png"), env={**os.environ, "RVS_MODEL_DIR": weights_of(installed)})
    return Image.open(work / "restored.png").convert("RGB")


def to_ppm(image):
    return b"P6\n%d %d\n255\n" % image.size + image.tobytes()


def checks(meson, build, source, revisage, prefix, cc):
    with tempfile.TemporaryDirectory() as folder:
        installed, work = Installed(meson, build, prefix, Path(folder) / "root"), Path(folder)
        public, shown = declared(source / "engine/include"), exported(installed.library)
        yield "the library shows its public names and no others", shown == public and all(map(PUBLIC.match, shown)), shown ^ public
        soname = os.readlink(installed.library)
        yield "the soname has the ABI's number", bool(re.fullmatch(r"librevisage\.so\.\d+(\.\d+)?", soname)), soname
        photo = Image.open(source / "tests/data/astronaut.png").convert("RGB").resize((256, 256))
        build_example(installed, cc, source, work)
        restored = example(installed, work, weights_of(installed), to_ppm(photo))
        command = restored_by_command(revisage, installed, photo, work)
        yield "the example restores", restored.returncode == 0, restored.stderr
        yield "the example changes the face", restored.stdout != to_ppm(photo), None
        yield "the example's pixels are the command line's", restored.stdout == to_ppm(command), None
        bad = example(installed, work, "/nonexistent", to_ppm(photo))
        yield "weights that are not there are named", bad.returncode == 1 and b"/nonexistent/detect-face" in bad.stderr, bad.stderr
        cut = example(installed, work, weights_of(installed), to_ppm(photo)[:-1])
        yield "a photo that is cut is refused", cut.returncode == 1 and not cut.stdout, cut.stderr


def main():
    meson, build, source, revisage, prefix = sys.argv[1:6]
    failed = n = 0
    for name, ok, found in checks(meson, build, Path(source), revisage, prefix, sys.argv[6:]):
        n, failed = n + 1, failed + (not ok)
        print(f"{'ok' if ok else 'not ok'} {n} - {name}")
        if not ok and found:
            print(f"# {found}")
    print(f"1..{n}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
