#include "daemon/net/tls_context.h"

#include <cstring>

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>

#include "daemon/net/server_handshake.h"

namespace egd::net {
namespace {

namespace ssl = boost::asio::ssl;

// ALPN (RFC 7301): http/1.1 when the client offers it; otherwise the handshake goes on without a
// protocol, which is also what SMTP wants.
int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, chosen_size, kHttp11, sizeof(kHttp11) - 1, offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

Error Unusable(const std::string& what, const std::string& file,
               const boost::system::error_code& why) {
  return InvalidArgument("cannot use the TLS " + what + " " + file + ": " + why.message());
}

}  // namespace

Result<std::shared_ptr<ssl::context>> MakeServerTlsContext(const std::string& certificate_file,
                                                           const std::string& key_file) {
  ServerTlsOptions options;
  options.certificate_file = certificate_file;
  options.key_file = key_file;
  return MakeServerTlsContext(options);
}

Result<std::shared_ptr<ssl::context>> MakeServerTlsContext(const ServerTlsOptions& options) {
  const auto& [certificate_file, key_file, old_versions, remember_offers] = options;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, old_versions ? TLS1_VERSION : TLS1_2_VERSION);
  // OpenSSL 3 has no SHA-1 signatures, and so no TLS 1.0 and 1.1, above security level 0.
  if (old_versions)
    SSL_CTX_set_cipher_list(native, "DEFAULT:!aNULL:!eNULL:!LOW:!EXPORT:@SECLEVEL=0");
  if (remember_offers) RememberOffers(native);
  // The order is ours, strongest first; ChaCha20 comes first for who puts it first, having no AES in
  // hardware.
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // 20 KiB less for each idle connection
  SSL_CTX_set_alpn_select_cb(native, SelectProtocol, nullptr);

  boost::system::error_code error;
  context->use_certificate_chain_file(certificate_file, error);
  if (error) return Unusable("certificate", certificate_file, error);
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error) return Unusable("key", key_file, error);
  return context;
}

}  // namespace egd::net
