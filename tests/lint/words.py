#!/usr/bin/python3
"""Nothing is left to do: no marker words, no conflict markers, no trailing white space, no tabs in C++."""
import re
import sys

import sources

MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)")


def problems(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MARKERS.search(line):
            yield f"{path}:{number}: a marker word: do it or say why not"
        if CONFLICT.match(line):
            yield f"{path}:{number}: a conflict marker"
        if line != line.rstrip() and path.suffix != ".md":
            yield f"{path}:{number}: white space at the end"
        if "\t" in line and path.suffix in (".h", ".cpp", ".py"):
            yield f"{path}:{number}: a tab"


found = []
for path in sources.all_files():
    try:
        found += problems(path, path.read_text())
    except UnicodeDecodeError:
        continue  # a binary test input
print("\n".join(found) if found else "nothing is left to do")
sys.exit(1 if found else 0)
