#include "daemon/smtp_client/loop.h"

#include "shared/base/strings.h"

namespace egd::smtp_client {
namespace {

constexpr std::string_view kReceived = "received:";

// The next header field with its continuation lines, taken from the front; empty at the header's
// end.
std::string_view TakeField(std::string_view& rest) {
  if (rest.empty() || rest[0] == '\r' || rest[0] == '\n') return {};
  size_t end = rest.find('\n');
  while (end + 1 < rest.size() && end != std::string_view::npos &&
         (rest[end + 1] == ' ' || rest[end + 1] == '\t')) {
    end = rest.find('\n', end + 1);
  }
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return field;
}

// The word after "by" is `name`.
bool IsBy(const std::string& field, std::string_view name) {
  const size_t by = field.find(" by ");
  if (by == std::string::npos) return false;
  const std::string_view host = std::string_view(field).substr(by + 4);
  return host.substr(0, host.find_first_of(" \t\r\n;(")) == name;
}

}  // namespace

std::optional<std::string> WhyLooping(std::string_view message, std::string_view own_name) {
  size_t hops = 0, own_hops = 0;
  for (auto field = TakeField(message); !field.empty(); field = TakeField(message)) {
    if (!EqualsIgnoreCase(field.substr(0, kReceived.size()), kReceived)) continue;
    ++hops;
    std::string words = Lower(field);
    for (char& c : words) {
      if (c == '\t' || c == '\r' || c == '\n') c = ' ';
    }
    if (IsBy(words, own_name)) ++own_hops;
  }
  if (own_hops > kMostOwnHops) {
    return "the message passed this gateway " + std::to_string(own_hops) + " times";
  }
  if (hops > kMostHops) return "the message made " + std::to_string(hops) + " hops";
  return std::nullopt;
}

}  // namespace egd::smtp_client
