#include "daemon/smtp/content_encoder.h"

namespace egd::smtp {

std::string_view ContentEncoder::Next() {
  piece_.clear();
  if (ended_) return piece_;
  while (!rest_.empty() && piece_.size() < piece_bytes_) {
    const std::string_view line = TakeLine();
    if (line.starts_with('.')) piece_ += '.';
    piece_.append(line).append("\r\n");
  }
  if (rest_.empty()) {
    piece_ += ".\r\n";
    ended_ = true;
  }
  return piece_;
}

// The first line of rest_ without its end, which may be CRLF, CR, LF or the end of the content.
std::string_view ContentEncoder::TakeLine() {
  const std::string_view to_lf = rest_.substr(0, rest_.find('\n'));
  const std::string_view line = to_lf.substr(0, to_lf.find('\r'));
  rest_.remove_prefix(line.size());
  if (rest_.starts_with("\r\n")) {
    rest_.remove_prefix(2);
  } else if (!rest_.empty()) {
    rest_.remove_prefix(1);
  }
  return line;
}

}  // namespace egd::smtp
