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

# What is installed must not start to serve this machine: invoke-rc.d asks this file, and 101 forbids.
policy=/usr/sbin/policy-rc.d
made_policy=

forbid_services() {
  [ ! -e "$policy" ] || return 0
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
  $as_root chmod 755 "$policy"
}

clean_up() {
  [ -z "$made_policy" ] || $as_root rm -f "$policy"
  rm -rf "$scratch"
}

scratch=$(mktemp -d)
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
trap clean_up EXIT
wanted "$@" >"$scratch/wanted"
installed >"$scratch/installed"
missing=$(comm -23 "$scratch/wanted" "$scratch/installed")
[ -n "$missing" ] || exit 0

echo "installing packages:" $missing
export DEBIAN_FRONTEND=noninteractive
forbid_services
{
  $as_root apt-get update -q
  # Postfix is not to be configured either.
  if echo "$missing" | grep -qx postfix; then
    echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections
  fi
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
} >"$scratch/log" 2>&1 </dev/null || {
  cat "$scratch/log" >&2
  echo "the packages could not be installed" >&2
  exit 1
}
