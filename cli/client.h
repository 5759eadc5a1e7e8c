// Calls the gateway: POST /api.php with JSON, over TCP, TLS or a Unix socket.
#pragma once

#include <chrono>
#include <iosfwd>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/target.h"
#include "shared/base/result.h"
#include "shared/catalogue/command.h"

namespace httplib {
class Client;
}

namespace egd::cli {

struct HttpReply {
  int status = 0;
  std::string body;
  std::string request_id = {};  // X-Request-ID, which every reply of egd has
  bool is_text = false;         // went to `text` as it came; no body
};

// Not thread-safe. Opens a connection for each call, unless told to keep it; every wait ends after
// `timeout`, every reply but a text at 64 MiB.
class Client {
 public:
  // `trace`: gets request line and status of each call, never a secret; null: nothing. `text`: gets
  // the reply of a Command whose text_type says so; null: no such Command is called.
  Client(Target target, std::chrono::seconds timeout, std::ostream* trace,
         std::ostream* text = nullptr);

  // kUnavailable when no complete HTTP reply came; its text says where and why.
  Result<HttpReply> Call(const catalogue::Command& command, const nlohmann::ordered_json& params,
                         const std::string& idempotency_key = {});

  void SetTimeout(std::chrono::seconds timeout) { timeout_ = timeout; }
  void KeepConnection() { keeps_connection_ = true; }
  void DropConnection() { connection_.reset(); }

 private:
  Target target_;
  std::chrono::seconds timeout_;
  std::ostream* trace_;
  std::ostream* text_;
  bool keeps_connection_ = false;
  std::shared_ptr<httplib::Client> connection_;  // kept
};

}  // namespace egd::cli
