#!/bin/sh
# C++ is laid out as .clang-format says.
command -v clang-format-14 >/dev/null || { echo "clang-format-14 is not installed"; exit 77; }
find shared daemon cli tests/unit tests/fuzz \( -name '*.h' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format-14 --dry-run -Werror
