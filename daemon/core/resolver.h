// What the house asks of DNS; the dns room answers with c-ares, tests with a fake.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace egd::core {

enum class DnsType { kA, kAaaa, kCname, kMx, kTxt, kTlsa };

enum class DnsStatus {
  kFound,      // at least one record
  kNoData,     // the name exists, this type does not
  kNxDomain,   // the name does not exist
  kTempError,  // SERVFAIL, time-out, refused: try later
};

struct DnsAnswer {
  DnsStatus status = DnsStatus::kTempError;
  // A, AAAA: addresses as text. CNAME: one target (not followed). TXT: strings joined, one entry a
  // record. MX: exchange names, empty for a null MX (RFC 7505). Names without the trailing dot,
  // lower case. TLSA: the octets of each.
  std::vector<std::string> values;
  std::vector<uint16_t> preferences;  // MX: one for each value
  std::string detail;                 // why kTempError
  // A resolver that validates, and that is near enough to be believed, found it secure (the AD bit,
  // RFC 6840 section 5.8). Also of kNoData and kNxDomain.
  bool authenticated = false;
  std::string canonical = {};  // kFound: where aliases led; empty: there were none
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  using Callback = std::function<void(DnsAnswer)>;
  // Thread-safe. `done` runs once, on the resolver's thread or (from a cache) on the caller's,
  // within the time-out; it must not block.
  virtual void Resolve(const std::string& name, DnsType type, Callback done) = 0;
};

// Blocks until the answer is there (bounded by the resolver's own time-out). Never call it on an io
// thread.
DnsAnswer ResolveBlocking(Resolver& resolver, const std::string& name, DnsType type);

}  // namespace egd::core
