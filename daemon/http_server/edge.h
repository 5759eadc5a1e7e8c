// The HTTP edge: everything between a client's bytes and a complete, checked HttpRequest.
//
// It listens on TCP (with TLS when configured) and on a Unix socket, frames HTTP/1.0 and 1.1 (RFC
// 9112), bounds every size, count and wait, and answers what never becomes a request itself.
// Requests of one connection are handled one after the other, so pipelining needs no queue. A
// client that is slow or silent costs one coroutine and a few KiB: when all connections are taken
// the longest idle one makes room, and only when none is idle is a newcomer told 503.
//
// Owned by api::Server. Threads: `egd-http.N`, each with its own sockets. All methods are for one
// controlling thread, except ReloadTls, which any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http_server/http_message.h"
#include "shared/base/result.h"

namespace egd::http_server {

struct EdgeOptions {
  std::vector<std::string> listen;       // "ip:port", "[ip6]:port"; port 0: any free one
  std::string unix_socket;               // path; empty: none
  std::string tls_certificate, tls_key;  // PEM files for the TCP listeners; empty: no TLS
  int threads = 1;                       // one parses 100,000 requests a second
  std::string thread_name = "egd-http";  // with the number behind it
  size_t max_connections = 8192;         // over TCP, together
  size_t max_local_connections = 64;     // over the Unix socket, which is the operator's: besides
  size_t max_head_bytes = 16 * 1024;     // request line and headers
  size_t max_headers = 100;
  uint64_t max_body_bytes = 40 * 1024 * 1024;
  // Of all requests from their first byte to their reply, and of replies until they are sent: above
  // it, 503. One address, or one credential, may hold a quarter.
  uint64_t max_held_bytes = 1024 * 1024 * 1024;
  uint64_t max_unknown_bytes = 64 * 1024;          // of a body before the Admitter has been asked
  std::chrono::milliseconds head_timeout{10'000};  // from a request's first byte to its empty line
  std::chrono::milliseconds idle_timeout{60'000};  // between requests
  // The least speed of bodies and responses, on average over each window.
  std::chrono::milliseconds progress_window{30'000};
  uint64_t min_bytes_per_second = 512;
  std::chrono::milliseconds linger_timeout{2'000};  // for the client to take the last response
  std::chrono::milliseconds drain_timeout{10'000};  // for requests in flight, after Interrupt
};

// Answers one request, exactly once, from any thread. Dropped unanswered, the client gets 500.
// Move-only; must not outlive the Edge.
class Responder {
 public:
  class Pending {
   public:
    virtual ~Pending() = default;
    virtual void Complete(HttpResponse response) = 0;
  };

  explicit Responder(std::unique_ptr<Pending> pending) : pending_(std::move(pending)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept = default;
  ~Responder() {
    if (pending_) pending_->Complete({});
  }
  void operator()(HttpResponse response) {
    std::exchange(pending_, nullptr)->Complete(std::move(response));
  }

 private:
  std::unique_ptr<Pending> pending_;
};

class Edge {
 public:
  // Runs on an io thread: must not block, must not throw.
  using Handler = std::function<void(HttpRequest, Responder)>;
  // The reply to what never became a request: 400, 408, 413, 417, 431, 500, 501, 503 or 505. As
  // Handler.
  using Refuser = std::function<HttpResponse(int status, const std::string& peer_address)>;

  // Asked with the head of a request that has a credential in it and a large body to come. An empty
  // response lets the body in, any other is sent in its place. As Handler.
  using Admitter = std::function<void(HttpRequest, Responder)>;

  Edge(EdgeOptions options, Handler handler, Refuser refuser, Admitter admitter = {});
  ~Edge();

  // Opens every listener or none. Errors name the address or file and say why in plain words.
  Result<void> Start();
  // Stops listening, closes idle connections, lets requests in flight finish within drain_timeout.
  void Interrupt();
  // Waits until that has happened.
  void Join();

  // Reads certificate and key again; new connections use them. On failure the old ones stay.
  Result<void> ReloadTls();

  // From Start to Interrupt; any thread.
  bool listening() const;
  // Calls `pong` on an io thread as soon as each of them has come round: never, when one hangs. Any
  // thread.
  void Ping(std::function<void()> pong);
  // Where it listens, with real port numbers, in the order configured. Valid after Start.
  const std::vector<std::string>& addresses() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace egd::http_server
