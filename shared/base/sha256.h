// SHA-256 (FIPS 180-4) and HMAC-SHA256 (RFC 2104), by OpenSSL. Throw std::runtime_error when it has
// none, as under a policy that forbids it. The functions are thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace egd {

std::string Sha256(std::string_view bytes);                           // 32 raw bytes
std::string HmacSha256(std::string_view key, std::string_view text);  // 32 raw bytes

// SHA-256 of what comes in pieces. Not thread-safe.
class RunningSha256 {
 public:
  RunningSha256();
  ~RunningSha256();
  void Add(std::string_view bytes);
  std::string Take();  // 32 raw bytes; once, at the end

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace egd
