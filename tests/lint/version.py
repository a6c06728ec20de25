#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""version.py ROOT: meson.build has the version; what cannot read it from there says the same."""
import re
import sys
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree

PLACES = {
    'docs/revisage.1': r'^\.TH .*"Revisage ([0-9.]+)"',
    'docs/revisage-gtk.1': r'^\.TH .*"Revisage ([0-9.]+)"',
    'debian/changelog': r'^revisage \(([0-9.]+)\)',
    'NEWS': r'^([0-9.]+) \(',
}
METAINFO = 'plugin/desktop/data/org.revisage.Revisage.metainfo.xml'


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


def changelog_date(root):
    """The newest entry's, as 2026-11-29."""
    return parsedate_to_datetime(first(root / 'debian/changelog', r'^ -- .*>  (.*)$')).strftime('%Y-%m-%d')


def wrong_releases(root):
    """NEWS says when a version came out. The metadata has the same versions with the same dates; one that is not yet released is in
    development there, as of debian/changelog."""
    news = re.findall(r'^([0-9.]+) \((.*)\)$', (root / 'NEWS').read_text(), re.M)
    wanted = [(version, 'stable', date) for version, date in news]
    if news[0][1] == 'not yet released':
        wanted[0] = (news[0][0], 'development', changelog_date(root))
    elif news[0][1] != changelog_date(root):
        return [f'debian/changelog: of {changelog_date(root)}, NEWS has {news[0][1]}']
    have = [(release.get('version'), release.get('type', 'stable'), release.get('date')) for release in ElementTree.parse(root / METAINFO).iter('release')]
    return [] if have == wanted else [f'{METAINFO}: the releases are {have}, NEWS has {wanted}']


def main():
    root = Path(sys.argv[1])
    wanted = first(root / 'meson.build', r"^  version: '([0-9.]+)'")
    wrong = wrong_library(root, wanted) + wrong_releases(root) + [f'{name}: {have}, meson.build has {wanted}' for name, pattern in PLACES.items() if (have := first(root / name, pattern)) != wanted]
    print('\n'.join(wrong))
    sys.exit(bool(wrong) or not wanted)


if __name__ == '__main__':
    main()
