#include "daemon/smtp_server/sasl.h"

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::smtp_server {

std::optional<std::string> DecodeResponse(std::string_view text) {
  text = Trim(text);
  if (text == "=") return std::string();
  return FromBase64(text);
}

std::optional<SaslCredentials> ReadPlain(std::string_view response) {
  const auto parts = Split(response, '\0');
  if (parts.size() != 3 || parts[1].empty()) return std::nullopt;
  if (!parts[0].empty() && parts[0] != parts[1]) return SaslCredentials{std::string(parts[1]), ""};
  return SaslCredentials{std::string(parts[1]), std::string(parts[2])};
}

}  // namespace egd::smtp_server
