#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""format.py ROOT: C files are as clang-format 14 leaves them. Another version formats differently: then the test is skipped."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

SKIP = 77
FOLDERS = ("engine", "plugin", "ui", "tests", "bench")


def formatter():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True).stdout
            if re.search(r"version 14\.", version):
                return name
    return None


def main():
    root = Path(sys.argv[1]).resolve()
    tool = formatter()
    files = sorted(p.relative_to(root).as_posix() for folder in FOLDERS for p in (root / folder).rglob("*.[ch]"))
    if not tool:
        print("no clang-format 14")
        return SKIP
    done = subprocess.run([tool, "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True)
    bad = sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: error:", done.stderr, re.M)))
    print("\n".join(f"{name}: run clang-format -i on it" for name in bad) or done.stderr or f"{len(files)} files are formatted")
    return 1 if done.returncode or not files else 0


if __name__ == "__main__":
    sys.exit(main())
