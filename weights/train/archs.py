# SPDX-License-Identifier: GPL-3.0-or-later
"""All systems that are trained here."""
from base.files import ExportError
from detector.arch import ARCH as DETECTOR
from fill.arch import FILL, FINDER
from jsfm.arch import ARCH as JSFM
from parsing.arch import ARCH as PARSER
from sgpn.arch import ARCH as SGPN, SHAPE
from spad.arch import ARCH as SPAD

ARCHS = {a.name: a for a in (DETECTOR, PARSER, JSFM, FILL, FINDER, SPAD, SHAPE, SGPN)}


def of(config):
    """The system that a checkpoint's config is of."""
    for a in ARCHS.values():
        if a.has(config):
            return a
    raise ExportError(f'a checkpoint of an unknown network: {config}')


def named(name):
    """The system of a weights file by its rvs.arch."""
    if name not in ARCHS:
        raise ExportError(f'{name}: an unknown network; known are {", ".join(ARCHS)}')
    return ARCHS[name]
