// Whatever comes as content, however it is cut, comes out with CR LF alone, the same as in one
// piece, and ends at the first CR LF . CR LF and nowhere else.
#include "daemon/smtp_server/content_decoder.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;
using namespace egd::smtp_server;

namespace {

void RequireCrLf(const std::string& text) {
  for (size_t at = 0; (at = text.find_first_of("\r\n", at)) != std::string::npos; at += 2) {
    fuzz::Require(text.compare(at, 2, "\r\n") == 0);
  }
}

size_t EndOf(std::string_view content) {
  if (content.starts_with(".\r\n")) return 3;
  const size_t at = content.find("\r\n.\r\n");
  return at == std::string_view::npos ? at : at + 5;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t step = 1 + data[0] % 7;
  const std::string_view content = fuzz::AsText(data + 1, size - 1);
  std::string whole, cut, chunks, chunks_cut;

  DataDecoder at_once, piecewise;
  std::string_view rest = content;
  const bool ended = at_once.Feed(rest, whole);
  fuzz::Require(ended == (EndOf(content) != std::string_view::npos));
  if (ended) fuzz::Require(content.size() - rest.size() == EndOf(content));
  std::string_view input = content.substr(0, content.size() - rest.size());
  while (!input.empty()) {
    std::string_view piece = input.substr(0, step);
    input.remove_prefix(piece.size());
    piecewise.Feed(piece, cut);
  }
  fuzz::Require(cut == whole && at_once.saw_bare_newline() == piecewise.saw_bare_newline());
  RequireCrLf(whole);

  ChunkDecoder one, many;
  one.Feed(content, chunks);
  one.Finish(chunks);
  for (input = content; !input.empty(); input.remove_prefix(std::min(step, input.size()))) {
    many.Feed(input.substr(0, step), chunks_cut);
  }
  many.Finish(chunks_cut);
  fuzz::Require(chunks == chunks_cut);
  RequireCrLf(chunks);
  return 0;
}
