#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""desktop.py ROOT: the desktop filter's .desktop file and AppStream metadata are valid and agree with the program's id."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

SKIP = 77


def check(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # appstreamcli's pedantic hints and the one about a missing home page are not errors; desktop-file-validate is silent when content.
    return [] if done.returncode == 0 else [f"{' '.join(command)}:\n{done.stdout}{done.stderr}"]


def main():
    root = Path(sys.argv[1]).resolve()
    data = root / "plugin/desktop/data"
    app_id = re.search(r'RVS_APP_ID "([^"]+)"', (root / "plugin/desktop/app_id.h").read_text()).group(1)
    entry, metainfo, icon = data / f"{app_id}.desktop", data / f"{app_id}.metainfo.xml", data / f"{app_id}.svg"
    problems = [f"{path} is missing" for path in (entry, metainfo, icon) if not path.exists()]
    languages = [line.strip() for line in (root / "po/LINGUAS").read_text().splitlines() if line.strip() and line[0] != "#"]
    for language in languages:
        if f"Comment[{language}]=" not in entry.read_text():
            problems.append(f"{entry.name}: no {language}")
        if f'xml:lang="{language}"' not in metainfo.read_text():
            problems.append(f"{metainfo.name}: no {language}")
    if f"Icon={app_id}\n" not in entry.read_text():
        problems.append(f"{entry.name}: another icon than {app_id}")
    missing = [tool for tool in ("desktop-file-validate", "appstreamcli") if not shutil.which(tool)]
    if "desktop-file-validate" not in missing:
        problems += check(["desktop-file-validate", str(entry)])
    if "appstreamcli" not in missing:
        problems += check(["appstreamcli", "validate", "--no-net", str(metainfo)])
    print("\n".join(problems) or "desktop file, metadata and icon are in order")
    if problems:
        return 1
    if missing:
        print(f"not installed: {' '.join(missing)}")
        return SKIP
    return 0


if __name__ == "__main__":
    sys.exit(main())
