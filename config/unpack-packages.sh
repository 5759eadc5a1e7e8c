#!/bin/sh
# Unpacks packages of config/packages.txt into a folder: unpack-packages.sh DIR PURPOSE…, where a purpose is unpack or
# unpack-bench. They are mail servers, which exclude each other when installed, and would start to serve this machine.
set -eu
list=$(realpath "$(dirname "$0")/packages.txt")
mkdir -p "$1"
cd "$1"
shift

missing() {  # "package program" of the purposes in $*, a line each
  for purpose in "$@"; do
    sed -n "s/^$purpose  *//p" "$list"
  done | while read -r package program; do
    [ -e "$program" ] || echo "$package"
  done
}

packages=$(missing "$@")
[ -n "$packages" ] || exit 0
echo "unpacking packages:" $packages
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
log=$(mktemp)
trap 'rm -f "$log"' EXIT
unpack() {
  $as_root apt-get update -q
  for package in $packages; do
    rm -f "$package"_*.deb
    apt-get download -q "$package" && dpkg-deb -x "$package"_*.deb . && rm "$package"_*.deb || return 1
  done
  chmod -R u-s,g-s .
}

unpack >"$log" 2>&1 </dev/null || {
  cat "$log" >&2
  echo "the packages could not be unpacked" >&2
  exit 1
}
