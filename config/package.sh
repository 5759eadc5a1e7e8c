#!/bin/sh
# Builds the Debian packages egd and egctl into build/packages: sh config/package.sh [VERSION]
# The build is the release preset's (build/release). VERSION, for tests of upgrades: in place of the changelog's.
set -eu
cd "$(dirname "$0")/.."
sh config/install-packages.sh build package

version=$(sed -n '1s/^egd (\(.*\)) .*/\1/p' config/debian/changelog)
project=$(sed -n 's/^project(egd VERSION \([^ ]*\) .*/\1/p' CMakeLists.txt)
[ "$version" = "$project" ] || {
  echo "config/debian/changelog is of version $version, CMakeLists.txt of $project" >&2
  exit 1
}

mkdir -p build/packages
cmake --preset release >build/packages/log 2>&1 || {
  cat build/packages/log >&2
  exit 1
}
nice -n 10 cmake --build --preset release --target egd egctl

# What debian/rules packs, as it wants it.
tree=build/packages/egd
rm -rf "$tree"
mkdir -p "$tree/bin"
cp -r config/debian "$tree/debian"
cp -r config man completions "$tree/"
cp build/release/bin/egd build/release/bin/egctl "$tree/bin/"
cp config/egd.service config/egd.socket "$tree/debian/"
[ $# -eq 0 ] || sed -i "1s/(.*)/($1)/" "$tree/debian/changelog"

rm -f build/packages/*.deb build/packages/*.changes build/packages/*.buildinfo
(cd "$tree" && dpkg-buildpackage --build=binary --no-sign) >build/packages/log 2>&1 || {
  cat build/packages/log >&2
  exit 1
}
rm -rf "$tree"
ls build/packages/*.deb
