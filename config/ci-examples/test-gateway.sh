#!/bin/sh
# An egd on loopback for an application's tests, running until the job ends: . ./test-gateway.sh DIR
# Leaves DIR/test.key, a test key of example.com, and sets MAIL_URL and EGCTL_URL. What is sent with the key is never
# delivered: egctl captured.list example.com shows it.
set -eu
dir=$(mkdir -p "$1" && cd "$1" && pwd)
MAIL_URL=http://127.0.0.1:${MAIL_PORT:-8025} EGCTL_URL=unix:$dir/egd.sock
export MAIL_URL EGCTL_URL
unset EGCTL_API_KEY # which is another gateway's

cat >"$dir/egd.toml" <<END
data_dir = "$dir/data"
dns_records = []            # domains are enabled at once
[http]
listen = ["${MAIL_URL#http://}"]
unix_socket = "$dir/egd.sock"
[limits]
api_requests = 0
END
egd --config "$dir/egd.toml" 2>"$dir/egd.log" &
until egctl status >/dev/null 2>&1; do
  kill -0 $! || { cat "$dir/egd.log" >&2; exit 1; }
  sleep 0.1
done

egctl adddomain example.com >/dev/null
(umask 077 && egctl addapi ci example.com --test --field APIKey.APIKey >"$dir/test.key")
