// What a TLS handshake with a client came to, in words for the operator: which version and cipher
// it made, or what the client lacked. "wrong version number" helps nobody.
#pragma once

#include <string>

#include <boost/system/error_code.hpp>

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // and SSL_CTX

namespace egd::net {

struct HandshakeTrouble {
  std::string problem;  // "offered TLS 1.0 only"
  std::string remedy;   // what to change in the client
};

// Makes connections of `context` remember the newest version their client offers.
void RememberOffers(ssl_ctx_st* context);

// After async_handshake failed with `error`, on the same thread; `timed_out`: because we stopped
// it.
HandshakeTrouble ExplainServerHandshake(ssl_st* tls, const boost::system::error_code& error,
                                        bool timed_out);

// After the handshake: "TLSv1.3 TLS_AES_256_GCM_SHA384".
std::string DescribeServerTls(const ssl_st* tls);

}  // namespace egd::net
