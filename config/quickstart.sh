#!/bin/sh
# From a bare Debian 12 to one real email: sh config/quickstart.sh
# Installs what is missing, builds egd, runs it beside a name server and a mail server on loopback, sends one mail
# through all of them, shows what came of it, and stops everything. Touches nothing outside a temporary directory
# but the packages and build/. Run again, it takes seconds.
set -eu
cd "$(dirname "$0")/.."
domain=example.com
exec 3>&1

say() { printf '\n== %s\n' "$*"; }
show() {  # prints the command as one would type it, then runs it
  printf '$' >&3
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9@%+=:,./_-]*) printf " '%s'" "$word" >&3 ;;
      *) printf ' %s' "$word" >&3 ;;
    esac
  done
  printf '\n' >&3
  "$@"
}

work=
pids=
stop_all() {
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  [ -z "$work" ] || rm -rf "$work"
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  printf '%s\n' "$*" >&2
  [ ! -s "$work/egd.log" ] || tail -n 20 "$work/egd.log" >&2
  exit 1
}

until_true() {  # until_true SECONDS WHAT COMMAND…: tries every 0.1 s
  tries=$(($1 * 10)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "$what: not in time"
    sleep 0.1
  done
}

say "1/9 packages (config/packages.txt)"
sh config/install-packages.sh build demo

say "2/9 build (build/release)"
cmake --preset release >"${TMPDIR:-/tmp}/egd-cmake.$$" 2>&1 || {
  cat "${TMPDIR:-/tmp}/egd-cmake.$$" >&2
  exit 1
}
rm -f "${TMPDIR:-/tmp}/egd-cmake.$$"
cmake --build --preset release --target egd egctl
PATH=$PWD/build/release/bin:$PATH

say "3/9 a name server, a mail server and egd, all on loopback"
work=$(mktemp -d "${TMPDIR:-/tmp}/egd-quickstart.XXXXXX")
set -- $(/usr/bin/python3 -c '
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/support")
from process import free_port
print(*(free_port() for _ in range(5)))')
dns_port=$1 smtp_port=$2 http_port=$3 submission_port=$4 link_port=$5

cat >"$work/knot.conf" <<END
server:
    rundir: $work
    listen: 127.0.0.1@$dns_port
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: $work
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: $work
    file: %s.zone
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: $domain
  - domain: example.net
  - domain: example.org
END
zone_head='$TTL 1
@ SOA ns hostmaster 1 3600 600 86400 1
@ NS ns
ns A 127.0.0.1'
printf '%s\n' "$zone_head" >"$work/$domain.zone"
printf '%s\ngateway A 127.0.0.1\n' "$zone_head" >"$work/example.net.zone"
printf '%s\n@ MX 10 mx\nmx A 127.0.0.1\n' "$zone_head" >"$work/example.org.zone"
knotd -c "$work/knot.conf" >"$work/knot.log" 2>&1 &
knot=$!
pids="$pids $knot"

/usr/bin/python3 -B tests/support/smtp_sink.py --port "$smtp_port" --dir "$work/mail" >"$work/sink.log" 2>&1 &
pids="$pids $!"

cat >"$work/egd.toml" <<END
data_dir = "$work/data"

[gateway]
hostname = "gateway.example.net"

[http]
listen = ["127.0.0.1:$http_port"]
unix_socket = "$work/egd.sock"

[smtp]
listen = ["127.0.0.1:$submission_port"]

[tracking]
listen = ["127.0.0.1:$link_port"]
url_scheme = "http"

[dns]
servers = ["127.0.0.1:$dns_port"]

[delivery]
mx_port = $smtp_port
allow_networks = ["127.0.0.0/8"]
END
egd --config "$work/egd.toml" 2>"$work/egd.log" &
pids="$pids $!"
export EGCTL_URL="unix:$work/egd.sock"
until_true 20 "the mail server ready" test -s "$work/sink.log"  # says its port
until_true 20 "egd ready" curl -fsS "http://127.0.0.1:$http_port/readyz"
echo "egd answers on 127.0.0.1:$http_port and $work/egd.sock"

say "4/9 a sender domain, and its DNS records"
show egctl adddomain "$domain" -o json >"$work/domain.json"
/usr/bin/python3 -B tests/support/zone_lines.py <"$work/domain.json" | tee -a "$work/$domain.zone"
sed -i 's/hostmaster 1 /hostmaster 2 /' "$work/$domain.zone"
kill -HUP "$knot"
until_true 20 "the records published" egctl verifydomain "$domain"
show egctl verifydomain "$domain" -o table

say "5/9 a mail"
EGCTL_API_KEY=$(egctl addapi --domain-id "$domain" --description quickstart --field APIKey.APIKey)
export EGCTL_API_KEY
show egctl sendemail --from "Jane <jane@$domain>" --to "Joe <joe@example.org>" --subject "Grüße from egd" \
  --content-type both --html-content '<p>It <a href="https://example.net/?a=1&amp;b=2">works</a>.</p>' \
  --plain-content "It works." --unsubscribe-link
unset EGCTL_API_KEY
until_true 30 "the mail delivered" test -e "$work/mail/1.eml"

say "6/9 a second mail, over SMTP with credentials of its own"
egctl addsmtp "$domain" -o json >"$work/smtp.json"
smtp_field() { /usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["SMTP"][sys.argv[2]])' "$work/smtp.json" "$1"; }
printf 'user = "%s:%s"\n' "$(smtp_field SMTPUsername)" "$(smtp_field SMTPPassword)" >"$work/curl.conf"
printf 'From: Jane <jane@%s>\r\nTo: Joe <joe@example.org>\r\nSubject: Greetings by SMTP\r\n\r\nIt works, too.\r\n' "$domain" >"$work/mail.eml"
# --insecure: egd made its certificate itself; the password is in a file, where no list of processes shows it
show curl -sS --ssl-reqd --insecure --config "$work/curl.conf" --upload-file "$work/mail.eml" \
  --mail-from "jane@$domain" --mail-rcpt joe@example.org "smtp://127.0.0.1:$submission_port"
until_true 30 "the second mail delivered" test -e "$work/mail/2.eml"

say "7/9 what the mail server received"
cat "$work/mail/1.eml"
printf '\nDKIM signature, checked by dkimpy against the name server: '
/usr/bin/python3 -B tests/support/verify_dkim.py "$dns_port" <"$work/mail/1.eml"
delivered() { [ -n "$(egctl getevents "$domain" 0 10 --event delivery --field 'Events[0].event')" ]; }
until_true 30 "the delivery event" delivered
printf '\nThe second mail, as submitted and signed:\n'
cat "$work/mail/2.eml"
printf '\nTheir events, newest first:\n'
show egctl getevents "$domain" 0 10 -o table

say "8/9 its reader opens it, follows the link and unsubscribes"
links=$(/usr/bin/python3 -c '
import email, email.policy, re, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.SMTP)
html = mail.get_body(("html",)).get_content()
print(*(re.search(pattern, text).group(1) for pattern, text in (
    (r"http://[^/]+(/o/[^\"]+)", html), (r"http://[^/]+(/c/[^\"]+)", html),
    (r"http://[^/]+(/u/[^>]+)", mail["List-Unsubscribe"]))))' "$work/mail/1.eml")
set -- $links
agent="Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.3.0"
at="http://127.0.0.1:$link_port"
curl -fsS -A "$agent" -o /dev/null "$at$1"
printf 'The link leads to: '
curl -fsS -A "$agent" -o /dev/null -w '%{redirect_url}\n' "$at$2"
curl -fsS -A "$agent" -o /dev/null --data "List-Unsubscribe=One-Click" "$at$3"
all_three() {
  egctl getevents "$domain" 0 3 -o json | /usr/bin/python3 -c '
import json, sys
sys.exit({event["event"] for event in json.load(sys.stdin)["Events"]} != {"open", "click", "unsubscribe"})'
}
until_true 30 "the events of open, click and unsubscribe" all_three
show egctl getevents "$domain" 0 3 -o table

say "9/9 the mail server returns it: a bounce that comes back as mail"
return_path=$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["sender"])' "$work/mail/1.json")
cat >"$work/notice.eml" <<END
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: <$return_path>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<joe@example.org>: 550 5.1.1 no such user (in reply to RCPT TO command)

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; joe@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b--
END
sed -i 's/$/\r/' "$work/notice.eml"
show curl -sS --upload-file "$work/notice.eml" --mail-from "" --mail-rcpt "$return_path" \
  "smtp://127.0.0.1:$submission_port"
show egctl getevents "$domain" 0 10 --event bounce -o table
show egctl suppression.browse -o table

cat <<END

It works. Everything that was started is stopped now. Next:
  man ./man/egd.8                           the daemon; man/egd.toml.5 its options
  egd --config config/egd.toml              a gateway of your own, as root
  egctl --help                              what it can do, with an example for each command
  sh tests/run.sh                           every test
END
