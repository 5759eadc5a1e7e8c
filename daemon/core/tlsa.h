// What a domain says in the DNS of its mail server's certificate (RFC 6698, RFC 7672).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace egd::core {

struct TlsaRecord {
  uint8_t usage = 0, selector = 0, matching = 0;
  std::string data;  // octets
};

// Secure TLSA records of a mail server. TLS is then mandatory; the certificate must match one of
// `usable`, or may be any when there is none of them (RFC 7672 section 2.2).
struct TlsaSet {
  std::string base;                // the name they belong to, which a certificate has to name
  std::vector<TlsaRecord> usable;  // usages 2 and 3
};
using TlsaPtr = std::shared_ptr<const TlsaSet>;  // null: no DANE

}  // namespace egd::core
