// DANE for mail servers: what the answers of a validating resolver ask of a connection (RFC 7672).
//
// POLICY
//   Only secure answers count: those whose AD bit may be believed (core/resolver.h).
//   Secure TLSA records make TLS mandatory. With a usable one the certificate must match; usages 0
//   and 1, unknown selectors and matching types, and data of a wrong length are not usable (sections
//   2.1.1 and 3.1). No secure record means no DANE: an insecure one proves nothing.
//   When the look-up fails, the server is not used: whoever can make it fail could also take the
//   records away (section 2.1.2).
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/core/resolver.h"
#include "daemon/core/tlsa.h"

namespace egd::mailauth {

// As on the wire; nothing for less than its three numbers and an octet.
std::optional<core::TlsaRecord> ParseTlsa(std::string_view rdata);
bool IsUsable(const core::TlsaRecord& record);

enum class TlsaVerdict {
  kNone,     // no secure records
  kUnknown,  // the look-up failed: the server must not be used
  kSecure,   // `set` says what is asked
};
struct TlsaJudgement {
  TlsaVerdict verdict = TlsaVerdict::kNone;
  core::TlsaPtr set;
  std::string why;  // of kUnknown
};

// `base`: the name that the records belong to, as mx.example.net of _25._tcp.mx.example.net.
TlsaJudgement JudgeTlsa(const core::DnsAnswer& answer, const std::string& base);

// For events and explanations: "DANE: matched", or what is wanting. `tls` as net::DescribeTls.
std::string DaneNote(const core::TlsaSet& set, const std::string& tls);

}  // namespace egd::mailauth
