#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""doc_blocks.py docs/batch.md VERSION FOLDER: writes the commands of a GIMP version's section to FOLDER/1.sh, 2.sh, ..."""
import re
import sys
from pathlib import Path

text = Path(sys.argv[1]).read_text(encoding="utf-8")
section = text.split(f"## GIMP {sys.argv[2]}\n", 1)[1].split("\n## ", 1)[0]
blocks = re.findall(r"^```\n(.*?)^```$", section, flags=re.S | re.M)
for number, block in enumerate(blocks, 1):
    Path(sys.argv[3], f"{number}.sh").write_text(block, encoding="utf-8")
print(len(blocks))
