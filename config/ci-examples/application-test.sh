#!/bin/sh
# Stands for an application's own tests, in whatever language: it sends as the application would, and looks at what
# became of it. The recipient's name says what that is to be. application-test.sh DIR, with test.key in it
set -eu
key=$1/test.key

send() {  # send RECIPIENT SUBJECT: prints the message's ID
  curl -fsS "$MAIL_URL/api/v1/email" -H "Authorization: Bearer $(cat "$key")" -H 'Content-Type: application/json' \
    -d "{\"From\": {\"email\": \"shop@example.com\"}, \"To\": [{\"email\": \"$1\"}], \"Subject\": \"$2\",
         \"ContentType\": \"plain\", \"PlainContent\": \"Thank you.\"}" | sed -n 's/.*"MessageID" *: *"\([^"]*\)".*/\1/p'
}

echo "a customer gets the confirmation"
egctl sendemail --api-key-file "$key" --from shop@example.com --to jane@customer.example --subject 'Your order' \
  --content-type plain --plain-content 'Thank you.' --wait-for delivery --timeout 60s >/dev/null

echo "an address that does not exist is noticed"
id=$(send bounced@customer.example 'Your order')
tries=300
until egctl getevents example.com 0 50 --event bounce -o json | grep -q "$id"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "no bounce of $id" >&2; exit 1; }
  sleep 0.1
done

echo "what would have gone out is as it should be"
egctl captured.list example.com -o json | grep -q 'jane@customer.example'
