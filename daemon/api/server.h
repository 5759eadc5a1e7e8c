// The HTTP API: the network edge, the threads that run handlers, and the way between them.
//
//   edge (egd-http.N) → WorkerPool → egd-api.N: HttpFront → Router → Dispatcher → handler → back to
//   the edge
//
// Commands that wait for other people's servers, make keys or work long on the store go on from
// there to egd-wait.N, by way of WaitingJobs.
//
// Owned by Daemon. Start, Interrupt and Join are for its thread; SetRateLimit and ReloadTls for
// any.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/api/handler.h"
#include "daemon/core/authenticator.h"
#include "daemon/core/trusted_proxies.h"
#include "daemon/http_server/edge.h"
#include "shared/base/clock.h"

namespace egd::api {

struct ServerOptions {
  http_server::EdgeOptions edge;
  int threads = 32;                           // handlers that may wait on the store at once
  size_t max_queued = 4096;                   // requests waiting for a thread; beyond them 503
  size_t working_memory = 256 * 1024 * 1024;  // of answering, besides requests and replies
  int api_requests = 100;                     // per 60 s and key on the aliases; 0: off
  bool v1_errors_as_200 = false;
  core::TrustedProxies proxies;  // whose word is taken for who their client is
  std::string openapi;           // the JSON text of /openapi.json
  // Told of each answer; on any thread, thread-safe.
  std::function<void(int status, std::chrono::nanoseconds took)> answered =
      [](int, std::chrono::nanoseconds) {};
  std::function<Result<void>()> ready = [] {
    return Result<void>();
  };  // /readyz; on an api thread, thread-safe
  // /internal/tls-check, as `ready`.
  std::function<Result<bool>(const std::string& host)> serves_host = [](const std::string&) {
    return Result<bool>(false);
  };
};

class Server {
 public:
  // What is passed by reference must outlive the server.
  Server(ServerOptions options, Handlers handlers, core::Authenticator& authenticator,
         const Clock& clock, const std::vector<catalogue::Command>& commands = catalogue::All());
  ~Server();

  // Fails, in plain words, when Commands and handlers do not match or a listener cannot be opened.
  Result<void> Start();
  // Stops listening; requests in flight may finish within the edge's drain_timeout.
  void Interrupt();
  // Waits until they have, and for every handler to return.
  void Join();

  void SetRateLimit(int api_requests);
  Result<void> ReloadTls();
  void Ping(std::function<void()> pong);              // http_server::Edge::Ping
  const std::vector<std::string>& addresses() const;  // after Start, with real port numbers

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace egd::api
