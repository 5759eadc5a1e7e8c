// Whatever CompleteRaw makes of a message has CR LF alone, bounded lines and no blind copies, and
// it takes its own work as it is but for one more trace.
#include "daemon/mime/raw_message.h"

#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mime::RawOptions options;
  options.message_id_host = options.received_by = "gw.example";
  options.protocol = "HTTP";
  const auto raw = mime::CompleteRaw(fuzz::AsText(data, size), options);
  if (!raw) return 0;
  const std::string& text = raw->data;
  fuzz::Require(text.ends_with("\r\n") && text.find('\0') == std::string::npos);
  for (size_t at = 0; (at = text.find_first_of("\r\n", at)) != std::string::npos; at += 2) {
    fuzz::Require(text.compare(at, 2, "\r\n") == 0);
  }
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find("\r\n", at);
    fuzz::Require(end - at <= 998);
    fuzz::Require(end == at || !EqualsIgnoreCase(text.substr(at, 4), "Bcc:") ||
                  at > text.find("\r\n\r\n"));
    at = end + 2;
  }
  fuzz::Require(IsUtf8(raw->subject) && !HasControl(raw->subject));
  const auto again = mime::CompleteRaw(text, options);
  fuzz::Require(!again || again->data.ends_with(text));  // refused: now a field too many
  return 0;
}
