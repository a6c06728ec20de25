#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the dependency rule: which folder may include what, and which calls the kernels and operators must not make.

What the engine's folders may include of each other is read from the table in HACKING.md: one list for people and for this check."""
import re
import sys
from pathlib import Path

LIBC = set("""assert complex ctype errno fcntl fenv float inttypes limits locale math pthread sched setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib string strings sys/mman sys/resource sys/stat sys/sysinfo sys/time
sys/types tgmath time unistd wchar""".split())
SYSTEM = {header + ".h" for header in LIBC}

PUBLIC = ("rvs.h", "rvs_params.h")
NO_STDIO = re.compile(r"\b(?:fopen|printf|fprintf|puts|fputs|exit|abort)\s*\(")
KERNEL_CALLS = re.compile(r"\b(?:malloc|calloc|realloc|free|aligned_alloc|rvs__alloc\w*|rvs__free|rvs__fail|pthread_\w+|fopen|printf"
                          r"|fprintf|getenv)\s*\(")
# folder -> (allowed <system> headers, forbidden words in the code). The longest matching folder counts.
RULES = {
    "engine": (SYSTEM, None),
    "engine/include": ({"stdbool.h", "stddef.h", "stdint.h"}, None),
    "engine/core": (SYSTEM, None),
    "engine/kernels": ({"stddef.h", "stdint.h", "string.h", "math.h", "assert.h", "stdbool.h", "immintrin.h"}, KERNEL_CALLS),
    "engine/ops": (SYSTEM - {"stdio.h", "fcntl.h", "unistd.h"}, NO_STDIO),
    # Loading names tensors with snprintf; nothing is read or written there.
    "engine/net": (SYSTEM - {"fcntl.h", "unistd.h"}, NO_STDIO),
    "engine/face": (SYSTEM - {"stdio.h", "fcntl.h", "unistd.h"}, NO_STDIO),
    "plugin/io": (SYSTEM | {"png.h", "jpeglib.h", "jerror.h", "tiffio.h", "libheif/heif.h", "webp/decode.h",
                                                                   "webp/demux.h", "webp/encode.h", "webp/mux.h", "lcms2.h", "lcms2_plugin.h"}, None),
    "plugin/common": (SYSTEM | {"dirent.h", "sys/wait.h"}, None),
}
# Files that may include what their folder may not, with the reason.
EXCEPTIONS = {
    "engine/kernels/gemm_blas.c": {"cblas.h", "dlfcn.h", "pthread.h"},  # the only file that knows BLAS; it loads it
    "engine/kernels/arm/neon.c": {"arm_neon.h"},
    "engine/core/cpu.c": {"cpuid.h"},  # which processor it is
    "engine/weights/sha256_x86.c": {"cpuid.h", "immintrin.h"},
}
# Whatever the folder, these belong to the named ones only.
OWNED = [
    (re.compile(r"^cblas|^openblas"), ("engine/kernels/gemm_blas.c", "bench/")),
    (re.compile(r"^gimp|^libgimp"), ("plugin/gimp/host_gimp", "plugin/gimp/main_gimp")),
    # On 2.10 it would bring GTK 2 into the process.
    (re.compile(r"^libgimp/gimpui"), ("plugin/gimp/host_gimp3.c", "plugin/gimp/main_gimp3.c")),
    (re.compile(r"^gegl|^babl"), ("plugin/gimp/", "plugin/gegl/", "tests/gimp/", "tests/gegl/", "bench/")),
    (re.compile(r"^gtk|^gdk"), ("ui/", "plugin/gimp/", "plugin/desktop/", "tests/ui/", "tests/desktop/")),
    (re.compile(r"^glib|^gio|^gobject"), ("ui/", "plugin/gimp/", "plugin/gegl/", "plugin/desktop/", "tests/ui/", "tests/gimp/", "tests/gegl/",
                                         "tests/desktop/", "bench/")),
    (re.compile(r"^png\.h|^jpeglib\.h|^tiffio|^webp/|^libheif/|^lcms2"), ("plugin/io/", "tests/io/", "bench/")),
    (re.compile(r"^libintl"), ("plugin/", "ui/", "tests/ui/")),
    (re.compile(r"^immintrin|^x86intrin"), ("engine/kernels/", "engine/weights/sha256_x86.c", "bench/", "weights/")),
    (re.compile(r"^arm_neon"), ("engine/kernels/arm/",)),
]
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


def without_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', lambda m: m.group() if m.group()[0] == '"' else " ", text, flags=re.S)


def read_map(text):
    """The engine's rows of HACKING.md's table: folder -> headers and folders (with a slash) below engine/ that it may include."""
    rows = re.findall(r"^\| `engine/(\w+)` \|.*\|([^|]*)\|$", text, re.M)
    return {folder: re.findall(r"`([^`]+)`", allowed) for folder, allowed in rows}


def check_map(root, allowed):
    """Every folder has its row, and a row names only what lies in rows above it: so no circle is possible."""
    folders = {p.name for p in (root / "engine").iterdir() if any(p.glob("*.c"))}
    problems = [f"HACKING.md: engine/{name} stands only in the table or only on disk" for name in sorted(folders ^ set(allowed))]
    order = list(allowed)
    return problems + [f"HACKING.md: engine/{folder} may not include {entry}, which is not in a row above it"
                       for i, folder in enumerate(order) for entry in allowed[folder] if entry.partition("/")[0] not in order[:i]]


def may_include(allowed, path, header):
    """path and header below engine/."""
    folder = path.partition("/")[0] if "/" in path else ""
    if header in PUBLIC or not folder:
        return True
    return header.startswith(folder + "/") or any(header.startswith(entry) if entry.endswith("/") else header == entry
                                                  for entry in allowed.get(folder, ()))


def rule_of(path):
    folder = path.rpartition("/")[0]
    while folder:
        if folder in RULES:
            return RULES[folder]
        folder = folder.rpartition("/")[0]
    return None


def check_file(root, allowed, path):
    text = without_comments((root / path).read_text(encoding="utf-8"))
    problems = []
    rule = rule_of(path)
    for kind, header in INCLUDE.findall(text):
        for pattern, owners in OWNED:
            if pattern.match(header) and not path.startswith(owners):
                problems.append(f"{path}: includes {header}, which belongs to {', '.join(owners)}")
        own = (root / path).parent / header  # the compiler looks there first
        if not path.startswith(("engine/", "tests/", "bench/")) and kind == '"' and not own.exists() and (root / "engine" / header).exists():
            problems.append(f"{path}: includes the engine's private header {header}")
        if rule is None or header in EXCEPTIONS.get(path, ()):
            continue
        if kind == "<" and header not in rule[0]:
            problems.append(f"{path}: may not include <{header}>")
        if kind == '"' and path.startswith("engine/") and not may_include(allowed, path[len("engine/"):], header):
            problems.append(f"{path}: may not include \"{header}\"")
    if rule and rule[1] and path not in EXCEPTIONS:
        code = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
        for call in rule[1].findall(code):
            problems.append(f"{path}: calls {call.rstrip('( ')}")
    return problems


def main():
    root = Path(sys.argv[1])
    files = sorted(p.relative_to(root).as_posix() for folder in ("engine", "plugin", "ui", "tests", "bench")
                   for p in (root / folder).rglob("*.[ch]"))
    allowed = read_map((root / "HACKING.md").read_text(encoding="utf-8"))
    problems = check_map(root, allowed) + [problem for path in files for problem in check_file(root, allowed, path)]
    print("\n".join(problems) or f"{len(files)} files keep the dependency rule")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main())
