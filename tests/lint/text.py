#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks every tracked text file: UTF-8, no tab where spaces belong, no trailing blank, a final newline, no character that is
invisible or turns the reading direction, an SPDX line in sources; and that po/POTFILES.in names the files with texts to translate."""
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

BINARY = {".png", ".jpg", ".jpeg", ".safetensors", ".npz", ".npy", ".xcf", ".ico", ".gz", ".zst", ".bin", ".pdf", ".onnx"}
SOURCES = {".c", ".h", ".py", ".sh"}
TABS_ALLOWED = {"Makefile", ".gitmodules", "rules"}  # debian/rules is a makefile
# Inputs of tests are as they are, broken on purpose.
RAW_FOLDERS = ("tests/fuzz/corpus/", "tests/data/")
MARKED = re.compile(r'\b(?:N_|_|Q_|C_|ngettext_?|gettext)\s*\(\s*(?:N_\s*\(\s*)?"')


def tracked(root):
    try:
        out = subprocess.run(["git", "-c", f"safe.directory={root}", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
        names = [name for name in out.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # a source archive
        names = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
        names = [n for n in names if not n.startswith(("build", ".git/"))]
    return sorted(n for n in names if (root / n).is_file())


def is_invisible(char):
    return unicodedata.category(char) in ("Cf", "Zl", "Zp", "Cc", "Co", "Cn") and char not in "\n\t" or char == "\u00a0"


def check_text(name, data):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"{name}: not UTF-8 at byte {error.start}"]
    problems = []
    if text and not text.endswith("\n"):
        problems.append(f"{name}: no newline at the end")
    if text.endswith("\n\n"):
        problems.append(f"{name}: blank lines at the end")
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line and Path(name).name not in TABS_ALLOWED:
            problems.append(f"{name}:{number}: a tab")
        if line.endswith((" ", "\t")):
            problems.append(f"{name}:{number}: blanks at the end of the line")
        problems += [f"{name}:{number}: invisible character U+{ord(c):04X}" for c in line if is_invisible(c) and c != "\t"]
    if Path(name).suffix in SOURCES and "SPDX-License-Identifier: GPL-3.0-or-later" not in text[:400]:
        problems.append(f"{name}: no SPDX line at the top")
    return problems


def check_potfiles(root, names):
    listed = [line.strip() for line in (root / "po/POTFILES.in").read_text(encoding="utf-8").splitlines()
              if line.strip() and not line.startswith("#")]
    marked = [n for n in names if n.startswith(("engine/", "plugin/", "ui/")) and n.endswith((".c", ".h"))
              and MARKED.search(re.sub(r"/\*.*?\*/", " ", (root / n).read_text(encoding="utf-8"), flags=re.S))]
    problems = [f"po/POTFILES.in: {n} has texts to translate and is not listed" for n in marked if n not in listed]
    problems += [f"po/POTFILES.in: {n} is listed and has no text to translate" for n in listed
                 if n not in marked and n.endswith((".c", ".h"))]
    if listed != sorted(set(listed)):
        problems.append("po/POTFILES.in: not sorted, or a file twice")
    return problems


def main():
    root = Path(sys.argv[1]).resolve()
    names = tracked(root)
    problems = check_potfiles(root, names)
    checked = 0
    for name in names:
        if Path(name).suffix not in BINARY and not name.startswith(RAW_FOLDERS) and name != "COPYING":
            problems += check_text(name, (root / name).read_bytes())
            checked += 1
    print("\n".join(problems) or f"{checked} text files are clean")
    return 1 if problems or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
