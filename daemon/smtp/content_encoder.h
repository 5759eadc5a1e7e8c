// Message content as DATA sends it: every line ends with CRLF, a leading dot is doubled, a lone dot
// ends it. A CR or LF on its own becomes CRLF, so that no server can see an end of data where we
// meant none (SMTP smuggling). RFC 5321 sections 2.3.8 and 4.5.2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace egd::smtp {

class ContentEncoder {
 public:
  static constexpr size_t kPieceBytes = 64 * 1024;  // each piece is one write with its own time-out

  // `content` must outlive the encoder.
  explicit ContentEncoder(std::string_view content, size_t piece_bytes = kPieceBytes)
      : rest_(content), piece_bytes_(piece_bytes) {}

  // The next piece, valid until the next call: whole lines, at least piece_bytes unless it is the
  // last. Empty when all has been given, the final dot included.
  std::string_view Next();

 private:
  std::string_view TakeLine();

  std::string_view rest_;
  size_t piece_bytes_;
  std::string piece_;
  bool ended_ = false;
};

}  // namespace egd::smtp
