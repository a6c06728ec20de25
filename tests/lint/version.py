#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""version.py ROOT: meson.build has the version; what cannot read it from there says the same."""
import re
import sys
from pathlib import Path

PLACES = {
    'docs/revisage.1': r'^\.TH .*"Revisage ([0-9.]+)"',
    'docs/revisage-gtk.1': r'^\.TH .*"Revisage ([0-9.]+)"',
    'debian/changelog': r'^revisage \(([0-9.]+)\)',
    'NEWS': r'^([0-9.]+) \(',
    'plugin/desktop/data/org.revisage.Revisage.metainfo.xml': r'<release version="([0-9.]+)"',
}


def first(path, pattern):
    found = re.search(pattern, path.read_text(), re.M)
    return found and found.group(1)


def wrong_library(root, wanted):
    """The library's package is named after its soname: both numbers below 1.0, then the first (engine/meson.build)."""
    abi = '.'.join(wanted.split('.')[:2]) if wanted.startswith('0.') else wanted.split('.')[0]
    name = f'librevisage{abi}'
    have = first(root / 'debian/control', r'^Package: librevisage([0-9.]+)')
    found = have == abi and (root / f'debian/{name}.install').is_file()
    return [] if found else [f'debian: the library is called {name}, and debian/{name}.install says what is in it']


def main():
    root = Path(sys.argv[1])
    wanted = first(root / 'meson.build', r"^  version: '([0-9.]+)'")
    wrong = wrong_library(root, wanted) + [f'{name}: {have}, meson.build has {wanted}' for name, pattern in PLACES.items() if (have := first(root / name, pattern)) != wanted]
    print('\n'.join(wrong))
    sys.exit(bool(wrong) or not wanted)


if __name__ == '__main__':
    main()
