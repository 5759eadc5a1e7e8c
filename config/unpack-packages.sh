#!/bin/sh
# Unpacks the packages that config/packages.txt lists for `unpack` into a folder: unpack-packages.sh DIR
# They are mail servers, which exclude each other when installed, and would start to serve this machine.
set -eu
list=$(realpath "$(dirname "$0")/packages.txt")
mkdir -p "$1"
cd "$1"
sed -n 's/^unpack  *//p' "$list" | while read -r package program; do
  [ ! -e "$program" ] || continue
  echo "unpacking package: $package"
  rm -f "$package"_*.deb
  apt-get download -q "$package" >/dev/null 2>&1
  dpkg-deb -x "$package"_*.deb .
  rm "$package"_*.deb
done
chmod -R u-s,g-s .
