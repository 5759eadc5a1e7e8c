// Fetches MTA-STS policies: https://mta-sts.<domain>/.well-known/mta-sts.txt.
//
// Policy (RFC 8461 section 3.3). HTTPS with a certificate that is valid for the host, no redirects,
// status 200, media type text/plain, 64 KiB at most. The host's addresses are judged as those of
// mail servers are, on the very address connected to: a domain cannot have the gateway ask inside
// its own network. A fetch has 20 seconds, a third of what the RFC suggests, since mail waits for
// it. Beyond 500 at once they wait for their turn, half a minute at most.
//
// One thread, `egd-sts`, does everything, with libcurl's multi interface. No Ticker: interrupted, it
// ends all fetches before it ends itself, for mail waits for them.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "daemon/core/ip_network.h"
#include "daemon/core/resolver.h"
#include "daemon/http_client/address_book.h"
#include "daemon/http_client/curl_transport.h"
#include "daemon/http_client/inbox.h"
#include "daemon/mailauth/sts_policies.h"
#include "shared/base/clock.h"

namespace egd::smtp_client {

// For the transport of an StsClient. `ca_file` as in CurlOptions.
http_client::CurlOptions StsTransportOptions(const std::string& ca_file);

// Owned by Daemon; what it refers to must outlive it. Fetch is thread-safe.
class StsClient final : public mailauth::StsFetcher {
 public:
  static constexpr size_t kMostFetches = 500, kMostWaiting = 10'000;
  static constexpr UnixMillis kLongestTurn = 30'000;

  // `port`: anything but 443 is for tests.
  StsClient(core::Resolver& resolver, core::AddressGuard guard,
            std::unique_ptr<http_client::Transport> transport, const Clock& clock, int port);
  ~StsClient() override;  // Interrupt and Join

  void Start();
  void Interrupt();  // fetches under way, and all from now on, fail at once
  void Join();

  void Fetch(const std::string& domain, Done done) override;

  // What the thread does, again and again; tests call it themselves. Waits up to `most`.
  void RunOnce(std::chrono::milliseconds most);

 private:
  struct Wish {
    std::string domain;
    Done done;
    UnixMillis at = 0;
  };

  void Loop();
  void Enqueue(Wish wish);
  void BeginWaiting();
  void Begin(const std::string& domain, Done done);
  void Ask(int64_t fetch, const http_client::HttpUrl& url,
           const Result<http_client::AddressBook::Addresses>& addresses);
  void End(int64_t fetch, Result<std::string> result);
  void EndAll();

  const Clock& clock_;
  const core::AddressGuard guard_;
  const std::unique_ptr<http_client::Transport> transport_;
  const std::shared_ptr<http_client::Inbox> inbox_;
  http_client::AddressBook addresses_;
  const std::string port_;        // ":8443"; empty: HTTPS's own
  std::deque<Wish> waiting_;      // for their turn
  std::map<int64_t, Done> open_;  // fetches under way, by number
  int64_t last_ = 0;
  std::atomic<bool> interrupted_ = false;
  std::thread thread_;
};

}  // namespace egd::smtp_client
