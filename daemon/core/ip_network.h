// IP addresses, networks, and the guard that keeps names published by strangers (MX records,
// webhook URLs) from pointing the gateway at machines only the gateway can reach. Values and pure
// functions, thread-safe. IANA special-purpose registries (RFC 6890, RFC 8190), RFC 6052 (NAT64),
// RFC 3056 (6to4).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::core {

// One IPv4 or IPv6 address. IPv4 is kept in its IPv4-mapped form (::ffff:a.b.c.d, RFC 4291 section
// 2.5.5.2), so both spellings of an address are the same value and obey the same rules.
class IpAddress {
 public:
  // Strict: dotted decimal without leading zeros, or RFC 4291 text. No brackets, port or zone.
  static std::optional<IpAddress> Parse(std::string_view text);
  explicit IpAddress(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}

  bool IsV4() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  std::string ToString() const;  // "192.0.2.1", "2001:db8::1"

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> bytes_;
};

// A CIDR block of one family: "::/0" holds no IPv4 address.
class IpNetwork {
 public:
  // "10.0.0.0/8", "fd00::/8"; an address alone is that address. Nothing when bits are set beyond
  // the prefix: "10.0.0.1/8" is more likely a typo than a wish for 16 million addresses.
  static std::optional<IpNetwork> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  IpNetwork(const IpAddress& base, int bits) : base_(base), bits_(bits) {}

  IpAddress base_;
  int bits_;  // of the 16-byte form
};

// Every text as a network, or an error that names the first that is none.
Result<std::vector<IpNetwork>> ParseNetworks(const std::vector<std::string>& texts);

// A unicast address that the public internet routes. NAT64 (64:ff9b::/96) is judged by the IPv4
// address inside; other transition forms (6to4, Teredo, local NAT64) are not public: no server
// lives there, and what they embed may be anything.
bool IsPublic(const IpAddress& address);

// Which addresses the gateway may connect to when somebody else chose the name. Ask it about the
// very address connected to, never about a name.
class AddressGuard {
 public:
  // Whether an address is this machine's: a mail exchanger or webhook there is a loop or an attack.
  using IsOwn = std::function<bool(const IpAddress&)>;

  AddressGuard(std::vector<IpNetwork> allowed, IsOwn is_own);
  explicit AddressGuard(std::vector<IpNetwork> allowed, std::vector<IpAddress> own = {});

  // In a network the operator allowed; or public, and not this machine, by NAT64 neither.
  bool Allows(const IpAddress& address) const;

 private:
  std::vector<IpNetwork> allowed_;
  IsOwn is_own_;
};

}  // namespace egd::core
