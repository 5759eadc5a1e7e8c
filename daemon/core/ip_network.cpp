#include "daemon/core/ip_network.h"

#include <algorithm>

#include <arpa/inet.h>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kMappedBits = 96;
constexpr int kAllBits = 128;

// Not "globally reachable" in the IANA registries, or not unicast. Small islands inside these
// blocks are reachable (192.0.0.9/32, 2001:20::/28 …); no mail server or webhook is there, so they
// are left out.
constexpr const char* kNotPublic[] = {
    "0.0.0.0/8",        // this network, RFC 791
    "10.0.0.0/8",       // private, RFC 1918
    "100.64.0.0/10",    // carrier-grade NAT, RFC 6598
    "127.0.0.0/8",      // loopback, RFC 1122
    "169.254.0.0/16",   // link-local and cloud metadata, RFC 3927
    "172.16.0.0/12",    // private, RFC 1918
    "192.0.0.0/24",     // protocol assignments, RFC 6890
    "192.0.2.0/24",     // documentation, RFC 5737
    "192.88.99.0/24",   // 6to4 relays, RFC 7526
    "192.168.0.0/16",   // private, RFC 1918
    "198.18.0.0/15",    // benchmarks, RFC 2544
    "198.51.100.0/24",  // documentation, RFC 5737
    "203.0.113.0/24",   // documentation, RFC 5737
    "224.0.0.0/4",      // multicast, RFC 5771
    "240.0.0.0/4",      // reserved and broadcast, RFC 1112
    "2001::/23",        // protocol assignments with Teredo and benchmarks, RFC 2928
    "2001:db8::/32",    // documentation, RFC 3849
    "2002::/16",        // 6to4, RFC 3056
    "3fff::/20",        // documentation, RFC 9637
};
constexpr const char* kGlobalUnicast = "2000::/3";  // all that IANA has allocated of IPv6, RFC 4291
constexpr const char* kNat64 = "64:ff9b::/96";      // RFC 6052

IpNetwork Known(const char* text) {
  return *IpNetwork::Parse(text);
}

const std::vector<IpNetwork>& NotPublic() {
  static const auto networks = [] {
    std::vector<IpNetwork> known;
    for (const char* text : kNotPublic) known.push_back(Known(text));
    return known;
  }();
  return networks;
}

bool ContainedInAny(const std::vector<IpNetwork>& networks, const IpAddress& address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const IpNetwork& network) { return network.Contains(address); });
}

IpAddress Mapped(const uint8_t* v4) {
  std::array<uint8_t, 16> bytes{};
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
  std::copy_n(v4, 4, bytes.begin() + kMappedPrefix.size());
  return IpAddress(bytes);
}

bool SamePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  const auto whole = size_t(bits / 8);
  if (!std::equal(a.bytes().begin(), a.bytes().begin() + whole, b.bytes().begin())) return false;
  if (bits % 8 == 0) return true;
  const auto mask = uint8_t(0xff << (8 - bits % 8));
  return ((a.bytes()[whole] ^ b.bytes()[whole]) & mask) == 0;
}

bool HasBitsBeyond(const IpAddress& address, int bits) {
  for (int bit = bits; bit < kAllBits; ++bit) {
    if (address.bytes()[size_t(bit / 8)] & (0x80 >> (bit % 8))) return true;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return Mapped(bytes.data());
  return std::nullopt;
}

bool IpAddress::IsV4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  if (IsV4()) return inet_ntop(AF_INET, bytes_.data() + kMappedPrefix.size(), text, sizeof text);
  return inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
}

std::optional<IpNetwork> IpNetwork::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return IpNetwork(*base, kAllBits);

  const auto length = ParseInteger(text.substr(slash + 1));
  const bool dotted = text.substr(0, slash).find(':') == std::string_view::npos;
  if (!length || *length < 0 || *length > (dotted ? kAllBits - kMappedBits : kAllBits))
    return std::nullopt;
  const int bits = int(*length) + (dotted ? kMappedBits : 0);
  if (base->IsV4() && bits < kMappedBits) return std::nullopt;  // cuts through the mapped prefix
  if (HasBitsBeyond(*base, bits)) return std::nullopt;
  return IpNetwork(*base, bits);
}

bool IpNetwork::Contains(const IpAddress& address) const {
  return base_.IsV4() == address.IsV4() && SamePrefix(base_, address, bits_);
}

Result<std::vector<IpNetwork>> ParseNetworks(const std::vector<std::string>& texts) {
  std::vector<IpNetwork> networks;
  for (const auto& text : texts) {
    const auto network = IpNetwork::Parse(text);
    if (!network)
      return InvalidArgument("\"" + Printable(text) + "\" is not a network such as 10.0.0.0/8");
    networks.push_back(*network);
  }
  return networks;
}

namespace {
// The IPv4 address that a translator (RFC 6052) would connect to, or the address as it is.
IpAddress BehindNat64(const IpAddress& address) {
  static const IpNetwork nat64 = Known(kNat64);
  return nat64.Contains(address) ? Mapped(address.bytes().data() + kMappedPrefix.size()) : address;
}
}  // namespace

bool IsPublic(const IpAddress& given) {
  static const IpNetwork global_unicast = Known(kGlobalUnicast);
  const IpAddress address = BehindNat64(given);
  if (!address.IsV4() && !global_unicast.Contains(address)) return false;
  return !ContainedInAny(NotPublic(), address);
}

AddressGuard::AddressGuard(std::vector<IpNetwork> allowed, IsOwn is_own)
    : allowed_(std::move(allowed)), is_own_(std::move(is_own)) {}

AddressGuard::AddressGuard(std::vector<IpNetwork> allowed, std::vector<IpAddress> own)
    : AddressGuard(std::move(allowed), [own = std::move(own)](const IpAddress& address) {
        return std::find(own.begin(), own.end(), address) != own.end();
      }) {}

bool AddressGuard::Allows(const IpAddress& address) const {
  if (ContainedInAny(allowed_, address)) return true;
  return IsPublic(address) && !is_own_(BehindNat64(address));
}

}  // namespace egd::core
