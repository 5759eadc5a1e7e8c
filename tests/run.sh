#!/bin/sh
# Installs, builds and tests everything: sh tests/run.sh [--long] [PRESET] [CTEST OPTION…]
#   sh tests/run.sh                        every test, on the release preset
#   sh tests/run.sh asan -L unit           the unit tests under AddressSanitizer
#   sh tests/run.sh --long asan            what takes longer than CI has time for (label long)
# What is done already is not done again. Ends with CTest's summary; the exit code is CTest's.
set -eu
cd "$(dirname "$0")/.."
selected= needed=
if [ "${1:-}" = --long ]; then
  selected="-C long -L long" needed=test-long
  shift
fi
preset=${1:-release}
[ $# -eq 0 ] || shift

say() { printf '== %s\n' "$*"; }

say "packages"
# shellcheck disable=SC2086  # none or one
sh config/install-packages.sh build test $needed
sh config/unpack-packages.sh build/peers unpack

say "configure ($preset)"
cmake --preset "$preset" >"/tmp/egd-configure.$$" 2>&1 || {
  cat "/tmp/egd-configure.$$"
  rm -f "/tmp/egd-configure.$$"
  exit 1
}
rm -f "/tmp/egd-configure.$$"

say "build ($preset)"
cmake --build --preset "$preset"

say "test peers (npm)"
(
  cd tests/support
  # npm notes what it installed; the lock file being newer than the note means it changed.
  if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --ignore-scripts
    touch node_modules/.package-lock.json
  fi
)

say "tests ($preset)"
# shellcheck disable=SC2086  # several words
ctest --preset "$preset" $selected "$@"
