#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""headers.py ROOT CC: every engine header compiles alone, as C; the public ones as C89-style declarations of C++ too."""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIP = 77


def compile_alone(command, root, header, suffix):
    with tempfile.NamedTemporaryFile("w", suffix=suffix) as source:
        source.write(f'#include "{header}"\n')
        source.flush()
        done = subprocess.run([*command, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{root}/engine/include", f"-I{root}/engine",
                               source.name], capture_output=True, text=True)
    return [] if done.returncode == 0 else [f"{header} alone ({' '.join(command)}):\n{done.stderr}"]


def cpp_compiler():
    """A C++ compiler; clang brings its own, gcc's is a package apart. The headers need no C++ library."""
    for name in ("clang++", "g++", "c++"):
        if shutil.which(name):
            return [name, "-std=c++11", "-pedantic"]
    return None


def main():
    root, cc = Path(sys.argv[1]).resolve(), sys.argv[2:]
    engine = root / "engine"
    public = sorted(p.name for p in (engine / "include").glob("*.h"))
    private = sorted(p.relative_to(engine).as_posix() for p in engine.rglob("*.h") if p.parent != engine / "include")
    problems = []
    for header in public + private:
        problems += compile_alone([*cc, "-std=gnu11"], root, header, ".c")
    cpp = cpp_compiler()
    for header in public if cpp else ():
        problems += compile_alone(cpp, root, header, ".cpp")
    print("\n".join(problems) or f"{len(public) + len(private)} headers compile alone")
    if problems or not public:
        return 1
    if not cpp:
        print("no C++ compiler: the C++ half was not tried")
        return SKIP
    return 0


if __name__ == "__main__":
    sys.exit(main())
