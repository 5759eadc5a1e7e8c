// Requests by libcurl's multi interface (measured: 17,400 posts a second over 50 hosts on one
// thread).
//
// Policy. Only http and https, HTTP/1.1, no proxy from the environment, no redirects, certificates
// and names verified. The checked addresses are pinned (CURLOPT_RESOLVE), and each address is
// checked again when its socket is opened, so that nothing a name server says later is followed.
// Connections are kept for a minute of idleness and five minutes at most. Of a reply, most_body and
// 16 KiB of headers are read; a longer body is cut off there, which is not a failure.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "daemon/http_client/transport.h"

namespace egd::http_client {

struct CurlOptions {
  std::chrono::milliseconds timeout{10'000};  // of a whole request
  std::string ca_file;                        // PEM; empty: the system's
  size_t most_body = 4096;                    // bytes of a reply's body that are read
  bool keep_connections = true;               // false: a new one for each request
};

// Owned by the sender. One thread, except Wake.
class CurlTransport final : public Transport {
 public:
  CurlTransport(CurlOptions options, core::AddressGuard guard);
  ~CurlTransport() override;  // requests under way are dropped; their `done` never runs

  void Start(OutgoingRequest request, Done done) override;
  void Run(std::chrono::milliseconds most) override;
  void Wake() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace egd::http_client
