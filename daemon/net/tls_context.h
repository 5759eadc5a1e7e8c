// Server-side TLS set-up shared by every listener: TLS 1.2 or newer (RFC 9325), certificate and key
// from PEM files.
#pragma once

#include <memory>
#include <string>

#include "shared/base/result.h"

namespace boost::asio::ssl {
class context;
}

namespace egd::net {

struct ServerTlsOptions {
  std::string certificate_file, key_file;
  bool old_versions = false;     // TLS 1.0 and 1.1 too, with what ciphers and keys they have
  bool remember_offers = false;  // for ExplainServerHandshake
};

// A context is immutable once made, so a reload makes a new one and connections keep theirs. The
// certificate file holds the leaf first, then its chain. On failure the Error's public text names
// the file and says why.
Result<std::shared_ptr<boost::asio::ssl::context>> MakeServerTlsContext(
    const ServerTlsOptions& options);
Result<std::shared_ptr<boost::asio::ssl::context>> MakeServerTlsContext(
    const std::string& certificate_file, const std::string& key_file);

}  // namespace egd::net
