# SPDX-License-Identifier: GPL-3.0-or-later
"""tap.py: the Test Anything Protocol, one line a check."""


class Tap:
    def __init__(self):
        self.n = self.failed = 0

    def check(self, name, ok, note=""):
        """Prints the line; returns ok."""
        self.n += 1
        self.failed += not ok
        print(f"{'ok' if ok else 'not ok'} {self.n} - {name}{f' ({note})' if note != '' else ''}", flush=True)
        return bool(ok)
