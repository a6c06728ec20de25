#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""catalogs.py ROOT: every catalog of po/LINGUAS translates every text, has the same placeholders, and compiles."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KEYWORDS = ["-k", "-k_", "-kN_", "-kC_:1c,2", "-kngettext_:1,2"]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def check_language(root, template, folder, language):
    catalog = root / "po" / f"{language}.po"
    if not catalog.exists():
        return [f"po/LINGUAS names {language}, but there is no {language}.po"]
    merged = Path(folder) / f"{language}.po"
    run(["msgmerge", "-q", "--no-fuzzy-matching", "-o", str(merged), str(catalog), str(template)], check=True)
    done = run(["msgfmt", "-c", "--statistics", "-o", "/dev/null", str(merged)])
    report = done.stderr.strip()
    if done.returncode != 0 or "untranslated" in report or "fuzzy" in report:
        return [f"po/{language}.po: {report}"]
    return []


def main():
    root = Path(sys.argv[1]).resolve()
    if not all(shutil.which(tool) for tool in ("xgettext", "msgmerge", "msgfmt")):
        print("gettext's tools are not installed")
        return 77
    languages = [line.strip() for line in (root / "po/LINGUAS").read_text().splitlines() if line.strip() and line[0] != "#"]
    files = [line.strip() for line in (root / "po/POTFILES.in").read_text().splitlines() if line.strip() and line[0] != "#"]
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "revisage.pot"
        run(["xgettext", "--from-code=UTF-8", *KEYWORDS, "-o", str(template), *files], cwd=root, check=True)
        problems = [p for language in languages for p in check_language(root, template, folder, language)]
    for problem in problems:
        print(problem)
    print(f"{len(languages)} catalogs checked")
    return 1 if problems or not languages else 0


sys.exit(main())
