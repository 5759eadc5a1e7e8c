-- wrk script: POST one 2 KiB message. SENDER_KEY holds the key; results go to standard output as one JSON line.
-- A day's SendAt keeps it in the queue, as defer_transports does in the Postfix beside it: accepting alone is measured.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("SENDER_KEY")
wrk.body = string.format(
  '{"Subject":"Bench","ContentType":"plain","PlainContent":"%s","From":{"email":"a@bench.example.com"},"To":[{"email":"b@example.net"}],"SendAt":%d}',
  string.rep("The quick brown fox jumps over the lazy dog 123\\n", 42), os.time() + 86400)

function done(summary, latency, requests)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write +
                 summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {"rate":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"errors":%d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors))
end
