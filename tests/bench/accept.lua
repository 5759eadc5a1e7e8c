-- wrk script: POST messages. SENDER_KEY holds the key, BYTES about how large the content is (default 2,000), DELAY after
-- how many seconds it is to be sent (default a day: it stays in the queue, as defer_transports does in the Postfix beside
-- it, and accepting alone is measured), MESSAGES after how many answers it says "ENOUGH" and sends no more (wrk itself ends
-- only with its time, or by SIGINT; default: never),
-- MESSAGE names a file that holds the JSON to post, in place of such content,
-- BATCH how many messages a request has (default: one, and no batch),
-- DESTINATIONS to how many domains below example.net they go in turn (default: to that one).
-- Results go to standard output as one JSON line.
local bytes = tonumber(os.getenv("BYTES") or 2000)
local delay = tonumber(os.getenv("DELAY") or 86400)
local messages = tonumber(os.getenv("MESSAGES") or math.huge)
local destinations = tonumber(os.getenv("DESTINATIONS") or 0)
local batch = tonumber(os.getenv("BATCH") or 0)
local requests, answers = 0, 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("SENDER_KEY")
wrk.body = string.format(
  '{"Subject":"Bench","ContentType":"plain","PlainContent":"%s","From":{"email":"a@bench.example.com"},"To":[{"email":"b@example.net"}],"SendAt":%d}',
  string.rep("The quick brown fox jumps over the lazy dog 123\\n", math.ceil(bytes / 48)), os.time() + delay)

if os.getenv("MESSAGE") then
  wrk.body = assert(io.open(os.getenv("MESSAGE"))):read("*a")
end

if batch > 0 then
  wrk.body = '{"Messages":[' .. string.rep(wrk.body, batch, ",") .. "]}"
end

if destinations > 0 then
  local first, last = wrk.body:match("^(.*b@)(example.net.*)$")
  function request()
    requests = requests + 1
    return wrk.format(nil, nil, nil, first .. "d" .. requests % destinations .. "." .. last)
  end
end

function response()
  answers = answers + 1
  if answers >= messages then
    io.write("ENOUGH\n")
    io.flush()
    wrk.thread:stop()
  end
end

function done(summary, latency, requests)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write +
                 summary.errors.status + summary.errors.timeout
  io.write(string.format('RESULT {"rate":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"errors":%d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, errors))
end
