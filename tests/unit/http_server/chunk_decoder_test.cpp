#include "daemon/http_server/chunk_decoder.h"

#include <catch2/catch.hpp>

namespace egd::http_server {
namespace {

struct Decoded {
  int status;
  bool complete;
  std::string body;
  size_t used;
};

// Feeds `bytes` in pieces, as a network would.
Decoded Decode(std::string_view bytes, size_t piece) {
  ChunkDecoder decoder(1000, 3);
  std::string pending, body;
  size_t total = 0;
  for (size_t from = 0; from < bytes.size() && !decoder.complete(); from += piece) {
    pending += bytes.substr(from, piece);
    size_t used = 0;
    const int status = decoder.Decode(pending, used, body);
    pending.erase(0, used);
    total += used;
    if (status != 0) return {status, false, body, total};
  }
  return {0, decoder.complete(), body, total};
}

}  // namespace

TEST_CASE("chunks are joined whatever the pieces they arrive in") {
  const std::string bytes =
      "5\r\nhello\r\n6;x=\"y;z\"\r\n world\r\n00\r\nTrailer: dropped\r\n\r\nGET";
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    const Decoded out = Decode(bytes, piece);
    CHECK(out.status == 0);
    CHECK(out.complete);
    CHECK(out.body == "hello world");
    CHECK(out.used == bytes.size() - 3);
  }
}

TEST_CASE("an empty body that arrives in pieces is complete") {
  for (size_t piece = 1; piece <= 5; ++piece) CHECK(Decode("0\r\n\r\n", piece).complete);
}

TEST_CASE("bad chunks are refused") {
  for (const size_t piece : {size_t{1}, size_t{100}}) {
    for (const char* bytes : {"x\r\n", "\r\n", ";x\r\n", "-5\r\nhello\r\n", "+5\r\nhello\r\n",
                              "0x5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n",
                              "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n",
                              "5\r\nhello\rX\n", "5\r\r\nhello\r\n", "0\r\nTrailer: x\n\r\n"}) {
      CAPTURE(bytes, piece);
      CHECK(Decode(bytes, piece).status == 400);
    }
  }
}

TEST_CASE("the body is bounded before a chunk is taken") {
  const std::string half = "1f4\r\n" + std::string(500, 'x') + "\r\n";
  CHECK(Decode(half + half + "0\r\n\r\n", 100).complete);
  CHECK(Decode(half + half + "1\r\n", 100).status == 413);
  CHECK(Decode("3e9\r\n", 1).status == 413);
  CHECK(Decode("ffffffffffffffff\r\n", 1).status == 413);
  CHECK(Decode("ffffffffffffffff1\r\n", 1).status == 413);
}

TEST_CASE("trailers are fields, few and short") {
  CHECK(Decode("0\r\na: 1\r\nb:\r\nc:\t\xff\r\n\r\n", 3).complete);
  CHECK(Decode("0\r\na: 1\r\na: 1\r\na: 1\r\na: 1\r\n\r\n", 3).status == 431);
  CHECK(Decode("0\r\na: " + std::string(17'000, 'x') + "\r\n\r\n", 100).status == 431);
  for (const std::string& line :
       {std::string("nocolon"), std::string(": x"), std::string(" a: x"), std::string("a b: x"),
        std::string("a : x"), std::string("a\0b: x", 6), std::string("a: x\0", 5),
        std::string("GET / HTTP/1.1"), std::string("a: \x1b")}) {
    CAPTURE(line);
    CHECK(Decode("0\r\nok: 1\r\n" + line + "\r\n\r\n", 5).status == 400);
  }
  CHECK(Decode(std::string("5;\0\r\nhello\r\n0\r\n\r\n", 17), 5).status == 400);
}

TEST_CASE("a body cut off is not complete") {
  const std::string bytes = "5\r\nhello\r\n0\r\n\r\n";
  for (size_t size = 0; size < bytes.size(); ++size) {
    CHECK(Decode(bytes.substr(0, size), 3).status == 0);
    CHECK_FALSE(Decode(bytes.substr(0, size), 3).complete);
  }
}

}  // namespace egd::http_server
