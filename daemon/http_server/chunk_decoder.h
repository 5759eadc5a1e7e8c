// The chunked transfer coding (RFC 9112 section 7.1), strictly: sizes are hexadecimal digits and
// nothing else, lines end in CRLF. Extensions are ignored and trailer fields dropped (RFC 9110
// section 6.5.1), so neither can add to a request. Boost.Beast's own decoder stops at an assertion
// when an empty body comes in pieces. Not thread-safe; one object a body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace egd::http_server {

class ChunkDecoder {
 public:
  // `max_trailers`: of the fields behind the last chunk, which are checked and dropped.
  ChunkDecoder(uint64_t max_body_bytes, size_t max_trailers)
      : max_body_bytes_(max_body_bytes), max_trailers_(max_trailers) {}

  // Takes bytes from the front of `data`, says how many, and appends to `body`. What is left is to
  // be offered again with more behind it: an incomplete line, which the caller bounds. Returns 0,
  // or the HTTP status to refuse with.
  int Decode(std::string_view data, size_t& used, std::string& body);
  bool complete() const { return state_ == State::kComplete; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kComplete };

  int TakeLine(std::string_view line, const std::string& body);
  int TakeTrailer(std::string_view line);
  int TakeSize(std::string_view line, const std::string& body);

  const uint64_t max_body_bytes_;
  const size_t max_trailers_;
  size_t trailers_ = 0;
  size_t trailer_bytes_ = 0;
  State state_ = State::kSize;
  uint64_t left_ = 0;  // of the chunk being read
};

}  // namespace egd::http_server
