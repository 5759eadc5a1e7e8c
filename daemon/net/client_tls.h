// Client-side TLS for mail between strangers: opportunistic security (RFC 7435, RFC 3207). Whatever
// encryption the peer can do beats plain text, so an invalid certificate is used and recorded.
#pragma once

#include <memory>
#include <string>

struct ssl_st;  // OpenSSL's SSL

namespace boost::asio::ssl {
class context;
}

namespace egd::net {

// Immutable once made, for any number of connections and threads. Trusts the system's authorities.
std::shared_ptr<boost::asio::ssl::context> MakeOpportunisticTlsContext();

// Before the handshake: whom the certificate should name, and the server name to ask for (RFC 6066
// section 3) when `host` is not an address.
void ExpectPeer(ssl_st* tls, const std::string& host, bool is_address);

// After the handshake, for events: "TLSv1.3 TLS_AES_256_GCM_SHA384 verified" or
// "… unverified (self-signed certificate)".
std::string DescribeTls(ssl_st* tls);

}  // namespace egd::net
