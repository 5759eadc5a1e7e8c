// One HTTP request to an address that was chosen beforehand; curl_transport.h makes it, tests
// pretend.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/core/ip_network.h"

namespace egd::http_client {

enum class HttpMethod { kPost, kGet };

struct OutgoingRequest {
  HttpMethod method = HttpMethod::kPost;
  std::string url;  // http or https, as ParseWebhookUrl normalises it
  std::string host;
  int port = 0;
  std::vector<core::IpAddress> addresses;  // of the host, checked: nothing else is connected to
  std::vector<std::string> headers;        // "name: value"
  std::string body;                        // of a POST
};

struct HttpReply {
  int status = 0;            // 0: none came
  std::string body;          // no more of it than the transport reads
  std::string content_type;  // as the server wrote it
  std::string error;         // why there is no (whole) reply, one sentence; empty when there is
  int64_t latency_ms = 0;    // from the start to the end of the reply
  int64_t retry_after_s = 0;

  bool Succeeded() const { return error.empty() && status >= 200 && status <= 299; }
};
std::string FailureOf(const HttpReply& reply);  // why it did not succeed, one sentence
std::string Shown(const HttpReply& reply);      // the body's first 1,024 bytes, printable

// Everything on one thread, except Wake.
class Transport {
 public:
  virtual ~Transport() = default;
  using Done = std::function<void(HttpReply)>;
  // `done` runs once, in Run, within the time-out.
  virtual void Start(OutgoingRequest request, Done done) = 0;
  // Does what can be done, waiting up to `most` for something to happen.
  virtual void Run(std::chrono::milliseconds most) = 0;
  virtual void Wake() = 0;  // ends the wait of Run, or of the next; from any thread
};

}  // namespace egd::http_client
