#include "daemon/http_server/chunk_decoder.h"

#include <algorithm>
#include <charconv>

namespace egd::http_server {
namespace {

constexpr size_t kMaxTrailerBytes = 16 * 1024;  // as of a request's head

// RFC 9110 section 5.6.2.
bool IsTokenCharacter(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool IsControl(char c) {
  return (uint8_t(c) < 0x20 && c != '\t') || c == 0x7f;
}

}  // namespace

int ChunkDecoder::Decode(std::string_view data, size_t& used, std::string& body) {
  used = 0;
  while (!complete()) {
    const std::string_view rest = data.substr(used);
    if (state_ == State::kData) {
      const size_t taken = std::min<uint64_t>(left_, rest.size());
      body.append(rest.substr(0, taken));
      used += taken;
      left_ -= taken;
      if (left_ > 0) return 0;
      state_ = State::kDataEnd;
      continue;
    }
    const size_t newline = rest.find('\n');
    // Nothing but CRLF may follow a chunk's data: no need to wait for the end of something else.
    if (state_ == State::kDataEnd && !rest.empty() && rest[0] != '\r') return 400;
    if (newline == std::string_view::npos) return 0;
    if (newline == 0 || rest[newline - 1] != '\r') return 400;
    used += newline + 1;
    if (const int status = TakeLine(rest.substr(0, newline - 1), body)) return status;
  }
  return 0;
}

int ChunkDecoder::TakeLine(std::string_view line, const std::string& body) {
  if (line.find('\r') != std::string_view::npos) return 400;
  if (state_ == State::kSize) return TakeSize(line, body);
  if (state_ == State::kTrailer) return TakeTrailer(line);
  state_ = State::kSize;  // after kDataEnd
  return line.empty() ? 0 : 400;
}

// Checked like header fields, though nothing reads them: what is not one is likely the next request,
// behind a chunked body that lacks its last line end.
int ChunkDecoder::TakeTrailer(std::string_view line) {
  if (line.empty()) {
    state_ = State::kComplete;
    return 0;
  }
  trailer_bytes_ += line.size();
  if (++trailers_ > max_trailers_ || trailer_bytes_ > kMaxTrailerBytes) return 431;
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) return 400;
  if (!std::ranges::all_of(line.substr(0, colon), IsTokenCharacter)) return 400;
  return std::ranges::any_of(line.substr(colon + 1), IsControl) ? 400 : 0;
}

int ChunkDecoder::TakeSize(std::string_view line, const std::string& body) {
  const std::string_view digits = line.substr(0, line.find(';'));
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
  if (error == std::errc::result_out_of_range) return 413;
  if (error != std::errc() || end != digits.data() + digits.size()) return 400;
  if (std::ranges::any_of(line, IsControl)) return 400;  // in an extension
  if (left_ > max_body_bytes_ - body.size()) return 413;
  state_ = left_ == 0 ? State::kTrailer : State::kData;
  return 0;
}

}  // namespace egd::http_server
