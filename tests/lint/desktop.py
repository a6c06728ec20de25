#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""desktop.py ROOT: the desktop filter's .desktop file and AppStream metadata are valid and agree with the program's id."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIP = 77
PAGE = "https://revisage.example"


def check(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # appstreamcli's one pedantic hint, capitals in the id, is no error; desktop-file-validate is silent when content.
    return [] if done.returncode == 0 else [f"{' '.join(command)}:\n{done.stdout}{done.stderr}"]


def check_metainfo(path):
    return check(["appstreamcli", "validate", "--no-net", "--pedantic", str(path)])


def check_with_page(root, metainfo, block):
    """What -Dhome_page= adds (plugin/desktop/meson.build): its pictures are in the tree and have the size that it says."""
    problems = []
    for width, height, name in re.findall(r'width="(\d+)" height="(\d+)">@home_page@/([^<]+)<', block):
        header = (root / name).read_bytes()[16:24] if (root / name).is_file() else b""
        if header != int(width).to_bytes(4, "big") + int(height).to_bytes(4, "big"):
            problems.append(f"home_page.xml: {name} is not a PNG of {width}x{height}")
    lines = metainfo.read_text().splitlines(True)
    at = next(i for i, line in enumerate(lines) if "<launchable" in line) + 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / metainfo.name
        path.write_text("".join(lines[:at]) + block.replace("@home_page@", PAGE) + "".join(lines[at:]))
        return problems + check_metainfo(path)


def main():
    root = Path(sys.argv[1]).resolve()
    data = root / "plugin/desktop/data"
    app_id = re.search(r'RVS_APP_ID "([^"]+)"', (root / "plugin/desktop/app_id.h").read_text()).group(1)
    entry, metainfo, icon = data / f"{app_id}.desktop", data / f"{app_id}.metainfo.xml", data / f"{app_id}.svg"
    problems = [f"{path} is missing" for path in (entry, metainfo, icon) if not path.exists()]
    page = (data / "home_page.xml").read_text()
    languages = [line.strip() for line in (root / "po/LINGUAS").read_text().splitlines() if line.strip() and line[0] != "#"]
    for language in languages:
        if f"Comment[{language}]=" not in entry.read_text():
            problems.append(f"{entry.name}: no {language}")
        if f'xml:lang="{language}"' not in metainfo.read_text():
            problems.append(f"{metainfo.name}: no {language}")
        if f'<caption xml:lang="{language}"' not in page:
            problems.append(f"home_page.xml: no {language}")
    if f"Icon={app_id}\n" not in entry.read_text():
        problems.append(f"{entry.name}: another icon than {app_id}")
    missing = [tool for tool in ("desktop-file-validate", "appstreamcli") if not shutil.which(tool)]
    if "desktop-file-validate" not in missing:
        problems += check(["desktop-file-validate", str(entry)])
    if "appstreamcli" not in missing:
        problems += check_metainfo(metainfo) + check_with_page(root, metainfo, page)
    print("\n".join(problems) or "desktop file, metadata and icon are in order")
    if problems:
        return 1
    if missing:
        print(f"not installed: {' '.join(missing)}")
        return SKIP
    return 0


if __name__ == "__main__":
    sys.exit(main())
