// Opens, clicks and unsubscribes over HTTP, on listeners of their own (contract section 12).
//
//   GET  /o/<token>   a GIF of one pixel
//   GET  /c/<token>   302 to exactly the link's URL
//   GET  /u/<token>   the unsubscribe page; POST unsubscribes, with any body (RFC 8058), and
//   answers
//                     200 after the commit, again and again
//   HEAD as GET, without a body and without unsubscribing anybody; other methods 405
//   a token that this gateway did not make: 404
//
// Opens and clicks are answered on the io thread from the token alone and noted in the HitLog; only
// links too long for their token, pages and unsubscribes wait, on threads of their own, for the
// store. With respect_dnt a request that asks not to be tracked is answered alike and not noted.
//
// Owned by Daemon. Threads: egd-link.N (the edge's), egd-track.N. Start, Interrupt and Join are for
// its thread, ReloadTls for any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/auth/vault.h"
#include "daemon/core/trusted_proxies.h"
#include "daemon/http_server/edge.h"
#include "daemon/service/tracking/hit_log.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::tracking_server {

struct ServerOptions {
  http_server::EdgeOptions edge;
  core::TrustedProxies proxies;  // whose word is taken for who their client is
  bool respect_dnt = false;
  std::string unsubscribe_page;  // unsubscribe_page.h; empty: the built-in
};

class Server {
 public:
  // What is passed by reference must outlive the server.
  Server(ServerOptions options, store::Store& store, const auth::Vault& vault,
         service::HitLog& hits, const Clock& clock);
  ~Server();

  Result<void> Start();  // does nothing without a listener
  void Interrupt();
  void Join();
  Result<void> ReloadTls();
  // Nothing, or why hits are not taken now; any thread.
  Result<void> IsReady() const;
  const std::vector<std::string>& addresses() const;  // after Start

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace egd::tracking_server
