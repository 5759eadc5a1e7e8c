#include "daemon/smtp_server/content_decoder.h"

#include <algorithm>

namespace egd::smtp_server {
namespace {

// Where the next CR or LF is, else the size. find_first_of calls memchr(3) for each octet.
size_t FindLineEnd(std::string_view text, size_t from) {
  const auto is_end = [](char c) { return c == '\r' || c == '\n'; };
  return size_t(std::find_if(text.begin() + from, text.end(), is_end) - text.begin());
}

}  // namespace

// States: kCr after a CR that belongs to text; kDot after a dot at a line's start, not yet written;
// kDotCr after that dot and a CR.
bool DataDecoder::Feed(std::string_view& input, std::string& output) {
  size_t i = 0;
  while (i < input.size()) {
    const char c = input[i];
    switch (state_) {
      case State::kLineStart:
        if (c == '.') {
          state_ = State::kDot;
          ++i;
        } else {
          state_ = State::kText;
        }
        break;
      case State::kText: {
        const size_t end = FindLineEnd(input, i);
        output.append(input, i, end - i);
        i = end;
        if (i == input.size()) break;
        if (input[i] == '\r') {
          state_ = State::kCr;
        } else {
          bare_newline_ = true;
          output += "\r\n";
        }
        ++i;
        break;
      }
      case State::kCr:
        output += "\r\n";
        if (c == '\n') {
          state_ = State::kLineStart;
          ++i;
        } else {
          bare_newline_ = true;
          state_ = State::kText;
        }
        break;
      case State::kDot:
        if (c == '\r') {
          state_ = State::kDotCr;
          ++i;
        } else {
          state_ = State::kText;  // the dot was stuffing
        }
        break;
      case State::kDotCr:
        if (c == '\n') {
          input.remove_prefix(i + 1);
          state_ = State::kLineStart;
          return true;
        }
        bare_newline_ = true;
        output += "\r\n";
        state_ = State::kText;
        break;
    }
  }
  input = {};
  return false;
}

void ChunkDecoder::Feed(std::string_view input, std::string& output) {
  for (size_t i = 0; i < input.size();) {
    if (after_cr_) {
      after_cr_ = false;
      output += "\r\n";
      if (input[i] == '\n') {
        ++i;
        continue;
      }
      bare_newline_ = true;
    }
    const size_t end = FindLineEnd(input, i);
    output.append(input, i, end - i);
    i = end;
    if (i == input.size()) break;
    if (input[i] == '\r') {
      after_cr_ = true;
    } else {
      bare_newline_ = true;
      output += "\r\n";
    }
    ++i;
  }
}

void ChunkDecoder::Finish(std::string& output) {
  if (after_cr_) {
    bare_newline_ = true;
    output += "\r\n";
  }
  after_cr_ = false;
}

}  // namespace egd::smtp_server
