#!/bin/sh
# Installs what is missing of config/packages.txt for the purposes named: install-packages.sh build test
# Quick and silent when nothing is missing; asks nothing; uses sudo when not root.
set -eu
list=$(dirname "$0")/packages.txt

wanted() {  # the packages of the purposes in $*, without those whose command is there already
  for purpose in "$@"; do
    while read -r line_purpose package command; do
      [ "$line_purpose" = "$purpose" ] || continue
      [ -n "$command" ] && command -v "$command" >/dev/null && continue
      echo "$package"
    done <"$list"
  done | sort -u
}

installed() {
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p' | sort -u
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
wanted "$@" >"$scratch/wanted"
installed >"$scratch/installed"
missing=$(comm -23 "$scratch/wanted" "$scratch/installed")
[ -n "$missing" ] || exit 0

echo "installing packages:" $missing
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
{
  $as_root apt-get update -q
  # A mail server in the list must not start to serve this machine: without a configuration Postfix does not.
  if echo "$missing" | grep -qx postfix; then
    echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
} >"$scratch/log" 2>&1 </dev/null || {
  cat "$scratch/log" >&2
  echo "the packages could not be installed" >&2
  exit 1
}
