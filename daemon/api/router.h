// Paths to answers: /api.php, each alias of the catalogue, /healthz, /readyz, /openapi.json, and
// /internal/tls-check, which a proxy that obtains certificates on demand asks for each host.
// Immutable: thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/dispatcher.h"
#include "daemon/api/reply.h"
#include "daemon/http_server/http_message.h"

namespace egd::api {

struct Incoming {
  const http_server::HttpRequest& http;
  std::string_view path;   // decoded, without query
  std::string_view query;  // as sent, without '?'
  std::string_view request_id;
  std::chrono::steady_clock::time_point received_at;
  bool may_wait;                  // see CommandRequest
  bool may_be_large;              // likewise
  std::string_view command = {};  // of /api.php/<Command>: counts where no parameter names one
};

class Router {
 public:
  // `ready` says whether the gateway can do its work; its error's public text is shown. `openapi`
  // is a JSON text. `serves_host`: whether links are served on a host.
  using ServesHost = std::function<Result<bool>(const std::string& host)>;
  Router(const Dispatcher& dispatcher, const std::vector<catalogue::Command>& commands,
         std::string openapi, std::function<Result<void>()> ready, ServesHost serves_host);

  // Also 404, 405 with Allow, 400 and 415.
  Reply Answer(const Incoming& incoming) const;

  // The refusal of a caller whose key in the head is not known; nothing for others. Reads no body.
  std::optional<Reply> RefuseUnknown(const Incoming& incoming) const;

 private:
  using Route = std::function<Reply(const Incoming&)>;
  using Methods = std::map<std::string, Route, std::less<>>;

  Reply AnswerAt(const Incoming& incoming) const;
  std::string_view RoutedPath(std::string_view path) const;
  void Add(std::string_view method, std::string_view path, Route route);
  void AddPage(std::string_view path, Route route);
  Reply CheckTls(const Incoming& incoming) const;
  Reply RunCommand(const Incoming& incoming, const catalogue::Command* alias) const;

  const Dispatcher& dispatcher_;
  const std::string openapi_;
  const std::function<Result<void>()> ready_;
  const ServesHost serves_host_;
  std::map<std::string, Methods, std::less<>> routes_;
  // Of routes whose last segment is a parameter: "/api/v1/email/" to "/api/v1/email/{MessageID}".
  std::map<std::string, std::string, std::less<>> patterns_;
  std::map<std::string, const catalogue::Command*, std::less<>> aliases_;  // by method and path
};

}  // namespace egd::api
