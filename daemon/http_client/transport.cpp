#include "daemon/http_client/transport.h"

#include "shared/base/strings.h"

namespace egd::http_client {

constexpr size_t kShownBytes = 1024;

std::string FailureOf(const HttpReply& reply) {
  if (!reply.error.empty()) return reply.error;
  if (reply.status >= 300 && reply.status <= 399) return "Redirects are not followed";
  return "The endpoint answered " + std::to_string(reply.status);
}

std::string Shown(const HttpReply& reply) {
  return Printable(std::string_view(reply.body).substr(0, kShownBytes));
}

}  // namespace egd::http_client
