// Bytes as they come off the wire. What the parser makes of them may not depend on the pieces they
// came in, and framing that two readers could read differently is refused.
#include <string>

#include "daemon/http_server/chunk_decoder.h"
#include "daemon/http_server/request_parser.h"
#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;
using namespace egd::http_server;

namespace {

struct Outcome {
  int status = -1;  // -1: incomplete
  size_t used = 0;
  HttpRequest request = {};

  bool operator==(const Outcome& other) const {
    return status == other.status && used == other.used && request.method == other.request.method &&
           request.target == other.request.target && request.body == other.request.body &&
           request.headers.size() == other.request.headers.size();
  }
};

int CountOf(const HttpRequest& request, std::string_view name) {
  int count = 0;
  for (const auto& header : request.headers) count += EqualsIgnoreCase(header.name, name) ? 1 : 0;
  return count;
}

void CheckFraming(const HttpRequest& request) {
  const int lengths = CountOf(request, "Content-Length"),
            codings = CountOf(request, "Transfer-Encoding");
  fuzz::Require(lengths + codings <= 1);
  fuzz::Require(request.headers.size() <= 100);
  for (const auto& header : request.headers)
    fuzz::Require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

Outcome ReadChunks(HttpRequest& request, std::string_view bytes, size_t head, size_t piece) {
  ChunkDecoder decoder(1000, 100);
  size_t from = head;  // what lies before it is used
  for (size_t seen = head; seen < bytes.size() && !decoder.complete();) {
    seen = std::min(seen + piece, bytes.size());
    size_t used = 0;
    const int status = decoder.Decode(bytes.substr(from, seen - from), used, request.body);
    from += used;
    if (status != 0) return {status};
  }
  fuzz::Require(request.body.size() <= 1000);
  if (!decoder.complete()) return {};
  return {0, from, request};
}

Outcome Read(std::string_view bytes, size_t piece) {
  size_t checked = 0;
  HeadScan scan;
  for (size_t seen = 0; seen < bytes.size() && scan.state == HeadScan::State::kIncomplete;) {
    seen = std::min(seen + piece, bytes.size());
    scan = ScanHead(bytes.substr(0, seen), checked);
  }
  if (scan.state == HeadScan::State::kIncomplete) return {};
  if (scan.state == HeadScan::State::kMalformed) return {400};
  RequestParser parser({100, 1000});
  const int status = parser.ParseHead(bytes.substr(0, scan.size));
  if (status != 0) return {status};
  CheckFraming(parser.request());
  if (!parser.chunked()) return {0, scan.size, parser.request()};
  return ReadChunks(parser.request(), bytes, scan.size, piece);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = fuzz::AsText(data, size);
  const Outcome whole = Read(bytes, std::max<size_t>(size, 1));
  fuzz::Require(Read(bytes, 1) == whole);
  fuzz::Require(Read(bytes, 7) == whole);
  return 0;
}
