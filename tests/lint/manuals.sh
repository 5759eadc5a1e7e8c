#!/bin/sh
# The manual pages are clean under mandoc's lint, whose remarks on style are not counted, and groff has nothing to warn of.
command -v mandoc >/dev/null && command -v groff >/dev/null || { echo "mandoc or groff is not installed"; exit 77; }
mandoc -Tlint -Wwarning man/* || exit 1
for page in man/*; do
  warnings=$(groff -ww -mdoc -Tutf8 -z "$page" 2>&1)
  [ -z "$warnings" ] || {
    printf '%s\n' "$warnings"
    failed=yes
  }
done
[ -z "${failed:-}" ]
