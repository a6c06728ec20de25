#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""symbols.py NM ARCHIVE: the engine needs nothing of GLib, GTK, GIMP or libpng, and exports nothing outside its own names."""
import re
import subprocess
import sys

FOREIGN = re.compile(r"^(?:g|gtk|gdk|gio|gimp|gegl|babl|png|jpeg|jinit|cairo|pango)_")
OURS = re.compile(r"^rvs_|^[a-z0-9]+_[a-z0-9_]+_(?:avx2|avx512|avx512bf16|neon|amx|sse2?)$")  # kernels are named after their level
SANITIZER = re.compile(r"^(?:__|_?asan|ubsan)|\.(?:asan|ubsan)")


def names(nm, archive, *flags):
    out = subprocess.run([nm, "-g", *flags, archive], capture_output=True, text=True, check=True).stdout
    return sorted({line.split()[-1] for line in out.splitlines() if line.split() and not line.endswith(":")})


def main():
    nm, archive = sys.argv[1:3]
    needed = names(nm, archive, "--undefined-only")
    defined = names(nm, archive, "--defined-only")
    problems = [f"the engine needs {n}" for n in needed if FOREIGN.match(n)]
    problems += [f"the engine exports {n}" for n in defined if not OURS.match(n) and not SANITIZER.search(n)]
    if "rvs_model_open" not in defined:
        problems.append("rvs_model_open is not there: is this the engine's archive?")
    print("\n".join(problems) or f"{len(needed)} needed and {len(defined)} exported symbols are as they should be")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
