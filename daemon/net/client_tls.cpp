#include "daemon/net/client_tls.h"

#include <stdexcept>

#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace egd::net {

std::shared_ptr<boost::asio::ssl::context> MakeOpportunisticTlsContext(const std::string& ca_file) {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  SSL_CTX* native = context->native_handle();
  // A failed handshake delays the mail, and its sender gains nothing: so old versions and short
  // keys are taken. Anonymous and null ciphers stay off.
  SSL_CTX_set_security_level(native, 0);
  SSL_CTX_set_min_proto_version(native, TLS1_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // 20 KiB less for each idle connection
  if (ca_file.empty()) {
    // The directory, not the bundle: an authority is read when it is needed, instead of all of them
    // (0.1 s, 1 MiB) at the start.
    SSL_CTX_set_default_verify_dir(native);
  } else if (SSL_CTX_load_verify_file(native, ca_file.c_str()) != 1) {
    throw std::invalid_argument("delivery.ca_file: no certificates to be read in " + ca_file);
  }
  SSL_CTX_dane_enable(native);                           // for DemandDane; others do not notice
  SSL_CTX_set_verify(native, SSL_VERIFY_NONE, nullptr);  // judged all the same, see DescribeTls
  return context;
}

void ExpectPeer(SSL* tls, const std::string& host, bool is_address) {
  if (is_address) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str());
    return;
  }
  SSL_set1_host(tls, host.c_str());
  SSL_set_tlsext_host_name(tls, host.c_str());
}

void DemandStrength(SSL* tls) {
  constexpr int kLevel = 2;  // keys of 2048 bits, no SHA-1
  SSL_set_security_level(tls, kLevel);
  SSL_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
}

void DemandDane(SSL* tls, const core::TlsaSet& set, const std::string& host) {
  SSL_set_min_proto_version(tls, TLS1_2_VERSION);
  SSL_set_hostflags(tls, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  SSL_dane_enable(tls, set.base.c_str());  // which is also the server name asked for
  SSL_add1_host(tls, host.c_str());
  SSL_dane_set_flags(tls, DANE_FLAG_NO_DANE_EE_NAMECHECKS);  // section 3.1.1
  for (const core::TlsaRecord& record : set.usable) {
    const auto* data = reinterpret_cast<const unsigned char*>(record.data.data());
    SSL_dane_tlsa_add(tls, record.usage, record.selector, record.matching, data,
                      record.data.size());
  }
}

std::string DescribeTls(SSL* tls) {
  const std::string session = std::string(SSL_get_version(tls)) + " " + SSL_get_cipher_name(tls);
  const long result = SSL_get_verify_result(tls);
  if (result == X509_V_OK && SSL_get0_peer_certificate(tls) != nullptr)
    return session + " verified";
  return session + " unverified (" + X509_verify_cert_error_string(result) + ")";
}

}  // namespace egd::net
