#include "daemon/net/server_handshake.h"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace egd::net {
namespace {

int OfferIndex() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// The newest of supported_versions (RFC 8446 section 4.2.1), else what the hello itself says.
int OnClientHello(SSL* tls, int*, void*) {
  unsigned newest = SSL_client_hello_get0_legacy_version(tls);
  const unsigned char* list = nullptr;
  size_t size = 0;
  if (SSL_client_hello_get0_ext(tls, TLSEXT_TYPE_supported_versions, &list, &size) == 1) {
    for (size_t i = 1; i + 1 < size; i += 2) {
      const unsigned version = unsigned(list[i]) << 8 | list[i + 1];
      const bool real = version >> 8 == 3;  // RFC 8701: others are grease
      if (real && version > newest) newest = version;
    }
  }
  SSL_set_ex_data(tls, OfferIndex(), reinterpret_cast<void*>(uintptr_t(newest)));
  return SSL_CLIENT_HELLO_SUCCESS;
}

std::string VersionName(unsigned version) {
  switch (version) {
    case SSL3_VERSION:
      return "SSL 3.0";
    case TLS1_VERSION:
      return "TLS 1.0";
    case TLS1_1_VERSION:
      return "TLS 1.1";
    case TLS1_2_VERSION:
      return "TLS 1.2";
    case TLS1_3_VERSION:
      return "TLS 1.3";
    default:
      return "an unknown version of TLS";
  }
}

std::string OfferOf(SSL* tls) {
  const auto offer = unsigned(reinterpret_cast<uintptr_t>(SSL_get_ex_data(tls, OfferIndex())));
  if (offer == 0) return "no version of TLS";
  return offer > TLS1_VERSION ? "at most " + VersionName(offer) : VersionName(offer) + " only";
}

}  // namespace

void RememberOffers(ssl_ctx_st* context) {
  SSL_CTX_set_client_hello_cb(context, OnClientHello, nullptr);
}

HandshakeTrouble ExplainServerHandshake(ssl_st* tls, const boost::system::error_code& error,
                                        bool timed_out) {
  if (timed_out) return {"did not finish the TLS handshake in time", ""};
  if (error.category() != boost::asio::error::get_ssl_category()) {
    return {
        "left during the TLS handshake",
        "If the client checks certificates, let it trust the gateway's, or give the gateway one "
        "that it trusts ([smtp] tls_certificate)"};
  }
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return {"offered " + OfferOf(tls),
              "Update the client's TLS library; or allow old versions here: [smtp] tls_min"};
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_UNEXPECTED_MESSAGE:
    case SSL_R_BAD_RECORD_TYPE:
      return {"spoke plain text where TLS was expected",
              "Set the client to SSL/TLS on this port, or to STARTTLS on the other"};
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
      return {"offered " + OfferOf(tls) + ", without a cipher that is accepted here",
              "Update the client's TLS library; or allow old ones here: [smtp] tls_min"};
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      return {"does not trust the gateway's certificate",
              "Let the client trust it, or give the gateway one that it trusts ([smtp] "
              "tls_certificate)"};
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return {"refused what the gateway offered of TLS",
              "Update the client's TLS library; or allow old versions here: [smtp] tls_min"};
    default:
      return {"broke the TLS handshake off (" + error.message() + ")", ""};
  }
}

std::string DescribeServerTls(const ssl_st* tls) {
  return std::string(SSL_get_version(tls)) + " " + SSL_get_cipher_name(tls);
}

}  // namespace egd::net
