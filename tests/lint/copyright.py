#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""copyright.py ROOT: debian/copyright is what a machine can read (DEP-5), names files that exist, and has the terms of the weights that
weights/README.md has: which of them carry the note of the data that they learnt from."""
import re
import sys
from fnmatch import fnmatch
from pathlib import Path

from text import tracked

NOTE = "CelebAMask-HQ-note"


def paragraphs(text):
    """Of fields: lower-case names, continued lines joined by newlines."""
    for block in re.split(r"\n\s*\n", text.strip()):
        fields = {}
        for line in block.split("\n"):
            if line[0].isspace():
                fields[name] += "\n" + line.strip()
            else:
                name, value = line.split(":", 1)
                name = name.lower()
                fields[name] = value.strip()
        yield fields


def short_names(field):
    return re.split(r",?\s+(?:and|or)\s+", field.split("\n")[0])


def matches(pattern, name):
    """A star matches slashes too, as DEP-5 says."""
    return fnmatch(name, pattern)


def check_form(header, files, licenses, names):
    problems = []
    if not header.get("format", "").startswith("https://www.debian.org/doc/packaging-manuals/copyright-format/1.0"):
        problems.append("the first field is no Format of DEP-5")
    for paragraph in files:
        missing = {"copyright", "license"} - set(paragraph)
        problems += [f"{paragraph['files']}: no {name}" for name in missing]
        problems += [f"{pattern}: no such file" for pattern in paragraph["files"].split() if not any(matches(pattern, n) for n in names)]
    inline = {p["license"].split("\n")[0] for p in files if "\n" in p["license"]}
    used = {name for p in files for name in short_names(p["license"])} - inline
    problems += [f"{name}: the file has no text of this licence" for name in used - set(licenses)]
    problems += [f"{name}: no file has this licence" for name in set(licenses) - used]
    return problems


def license_of(name, files):
    """The last paragraph that matches decides."""
    return next((short_names(p["license"]) for p in reversed(files) if any(matches(pattern, name) for pattern in p["files"].split())), [])


def noted_weights(readme):
    """The card's sentence in bold type, and what it says after it: `parse-face-256` and those that go with it."""
    sentence = re.search(r"^\*\*`[^`]+` was trained on CelebAMask-HQ.*?(?=\n\n)", readme, re.S | re.M)
    return {f"weights/{name}.safetensors" for name in re.findall(r"`([^`]+)`", sentence.group(0))}


def main():
    root = Path(sys.argv[1]).resolve()
    names = tracked(root)
    header, *rest = paragraphs((root / "debian/copyright").read_text())
    files = [p for p in rest if "files" in p]
    licenses = {p["license"].split("\n")[0] for p in rest if "files" not in p}
    problems = check_form(header, files, licenses, names)
    noted = noted_weights((root / "weights/README.md").read_text())
    for name in (n for n in names if re.fullmatch(r"weights/[^/]+\.safetensors", n)):
        if (NOTE in license_of(name, files)) != (name in noted):
            problems.append(f"{name}: weights/README.md says otherwise about {NOTE}")
    print("\n".join(f"debian/copyright: {problem}" for problem in problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
