#include "daemon/smtp_server/content_decoder.h"

#include <catch2/catch.hpp>

namespace egd::smtp_server {
namespace {

struct Decoded {
  std::string text, rest;
  bool ended = false, bare = false;
};

// Fed in pieces of `step` octets: where they are cut must not matter.
Decoded Decode(std::string_view input, size_t step) {
  DataDecoder decoder;
  Decoded decoded;
  while (!input.empty() && !decoded.ended) {
    std::string_view piece = input.substr(0, step);
    const size_t size = piece.size();
    decoded.ended = decoder.Feed(piece, decoded.text);
    input.remove_prefix(size - piece.size());
  }
  decoded.rest = input;
  decoded.bare = decoder.saw_bare_newline();
  return decoded;
}

void Check(std::string_view input, std::string_view text, std::string_view rest, bool bare) {
  for (const size_t step : {1, 2, 3, 1000}) {
    INFO(input << " in pieces of " << step);
    const Decoded decoded = Decode(input, step);
    CHECK(decoded.ended);
    CHECK(decoded.text == text);
    CHECK(decoded.rest == rest);
    CHECK(decoded.bare == bare);
  }
}

std::string Chunked(std::string_view input, size_t step, bool& bare) {
  ChunkDecoder decoder;
  std::string text;
  for (; !input.empty(); input.remove_prefix(std::min(step, input.size()))) {
    decoder.Feed(input.substr(0, step), text);
  }
  decoder.Finish(text);
  bare = decoder.saw_bare_newline();
  return text;
}

}  // namespace

TEST_CASE("content ends at CR LF . CR LF, and its dots are unstuffed") {
  Check("a\r\n.\r\nNOOP\r\n", "a\r\n", "NOOP\r\n", false);
  Check(".\r\n", "", "", false);
  Check("..\r\n...a\r\n.b\r\n.\r\n", ".\r\n..a\r\nb\r\n", "", false);
}

TEST_CASE("no other sequence ends content, and a bare CR or LF becomes CR LF") {
  Check("a\n.\nb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true);
  Check("a\n.\r\nb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true);
  Check("a\r\n.\nb\r\n.\r\n", "a\r\n\r\nb\r\n", "", true);
  Check("a\r.\rb\r\n.\r\n", "a\r\n.\r\nb\r\n", "", true);
  Check("a\r\n.\rb\r\n.\r\n", "a\r\n\r\nb\r\n", "", true);
  Check("a\r\r\n.\r\n", "a\r\n\r\n", "", true);
  Check("a\n..b\r\n.\r\n", "a\r\n..b\r\n", "", true);
}

TEST_CASE("chunks are taken as they are, but for bare CR and LF") {
  for (const size_t step : {1, 2, 1000}) {
    bool bare = true;
    CHECK(Chunked("a\r\n.\r\n..b", step, bare) == "a\r\n.\r\n..b");
    CHECK_FALSE(bare);
    CHECK(Chunked("a\nb\rc\r", step, bare) == "a\r\nb\r\nc\r\n");
    CHECK(bare);
  }
}

}  // namespace egd::smtp_server
