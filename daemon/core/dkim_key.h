// A key that a sender domain signs its mail with (RFC 6376), and the life of such a key:
//
//   pending ──► active ──► retiring ──► deleted
//
// Values; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/clock.h"

namespace egd::core {

enum class DkimAlgorithm {
  kRsaSha256,      // RFC 6376 section 3.3.1: what every receiver verifies
  kEd25519Sha256,  // RFC 8463: shorter and faster, for those who know it
};
std::string_view Name(DkimAlgorithm algorithm);  // the a= tag: "rsa-sha256", "ed25519-sha256"
std::optional<DkimAlgorithm> ParseDkimAlgorithm(std::string_view name);

enum class DkimKeyState {
  kPending,   // its record is to be published; it does not sign before that was seen in the DNS
  kActive,    // signs
  kRetiring,  // signs no more; its record stays for as long as mail that it signed may be verified
};
std::string_view Name(DkimKeyState state);  // "pending", "active", "retiring"
std::optional<DkimKeyState> ParseDkimKeyState(std::string_view name);

struct DkimKey {
  std::string selector;  // unique in its domain
  DkimAlgorithm algorithm = DkimAlgorithm::kRsaSha256;
  DkimKeyState state = DkimKeyState::kPending;
  std::string private_key;  // PEM, sealed under the master key
  std::string public_key;   // base64: the p= tag of its record (daemon/dkim/private_key.h)
  UnixMillis since = 0;     // when it came into its state
  UnixMillis due_at = 0;    // pending: when its record is looked for; retiring: when it is deleted

  bool operator==(const DkimKey&) const = default;
};

}  // namespace egd::core
