# SPDX-License-Identifier: GPL-3.0-or-later
"""tap.py: the Test Anything Protocol, one line a check. What only a busy machine failed may be tried again."""

TRIES = 3  # others take the processor at times; what is slow by itself is so every time


class Tap:
    def __init__(self):
        self.clear()

    def clear(self):
        self.lines, self.failed, self.late = [], 0, 0

    def check(self, name, ok, note=""):
        """Keeps the line; returns ok."""
        self.failed += not ok
        self.lines.append(f"{'ok' if ok else 'not ok'} {len(self.lines) + 1} - {name}{f' ({note})' if note != '' else ''}")
        return bool(ok)

    def in_time(self, name, ok, note=""):
        """A check of a time, which decides alone whether all is tried again."""
        self.late += not ok
        return self.check(name, ok, note)

    def run(self, test):
        """Calls test until it was in time, at most TRIES times, or until something else than a time was wrong; prints its last checks."""
        for left in reversed(range(TRIES)):
            self.clear()
            try:
                test()
            except BaseException:
                print(*self.lines, sep="\n", flush=True)
                raise
            if not left or not self.late or self.late != self.failed:
                break
            print(*(f"# tried again: {line}" for line in self.lines if line.startswith("not")), sep="\n", flush=True)
        print(*self.lines, f"1..{len(self.lines)}", sep="\n", flush=True)
