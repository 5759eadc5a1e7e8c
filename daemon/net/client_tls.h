// Client-side TLS for mail between strangers: opportunistic security (RFC 7435, RFC 3207). Whatever
// encryption the peer can do beats plain text, so an invalid certificate is used and recorded.
#pragma once

#include <memory>
#include <string>

#include "daemon/core/tlsa.h"

struct ssl_st;  // OpenSSL's SSL

namespace boost::asio::ssl {
class context;
}

namespace egd::net {

// Immutable once made, for any number of connections and threads. Trusts the authorities of
// `ca_file` (PEM), or with none the system's. Throws std::invalid_argument, in words for the
// operator, when the file cannot be used.
std::shared_ptr<boost::asio::ssl::context> MakeOpportunisticTlsContext(
    const std::string& ca_file = {});

// Before the handshake: whom the certificate should name, and the server name to ask for (RFC 6066
// section 3) when `host` is not an address.
void ExpectPeer(ssl_st* tls, const std::string& host, bool is_address);

// Before the handshake, where a valid certificate is demanded: no old versions, no short keys or
// weak signatures (RFC 9325), and the certificate must say its name where names belong (RFC 8461
// section 4.2: subjectAltName).
void DemandStrength(ssl_st* tls);

// Before the handshake: the certificate must match one of the set's usable records (RFC 7672
// section 3); no authority is asked. One of usage 2 must name the set's base, or `host`.
void DemandDane(ssl_st* tls, const core::TlsaSet& set, const std::string& host);

// After the handshake, for events: "TLSv1.3 TLS_AES_256_GCM_SHA384 verified" or
// "… unverified (self-signed certificate)".
std::string DescribeTls(ssl_st* tls);

}  // namespace egd::net
