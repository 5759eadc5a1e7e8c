// Host and domain names in their one form inside the house: lower case, A-labels, no trailing dot.
// Pure functions, thread-safe. RFC 1035 section 2.3.4 (lengths), RFC 1123 section 2.1 (letters,
// digits, hyphens), RFC 5890 and UTS 46 non-transitional (internationalised names).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::core {

constexpr size_t kMaxLabelBytes = 63;
constexpr size_t kMaxHostNameBytes = 253;  // 255 on the wire, without the first length and the root

// `text` (ASCII or UTF-8, any case, one trailing dot allowed) in the house's form. Nothing when it
// is not a host name: an empty or too long label, another character, a label that begins or ends
// with a hyphen, a broken A-label, or a last label that begins with a digit, as every form of an
// IPv4 address has.
std::optional<std::string> NormalizeHostName(std::string_view text);

// The same, and at least two labels: what mail can be sent to or from.
std::optional<std::string> NormalizeDomainName(std::string_view text);

// The functions below take names in the house's form.

// With the letters that its A-labels stand for; as it is where they stand for none.
std::string ToUnicode(const std::string& host);

// "co.uk", "github.io": on the Public Suffix List, so below it different people register names.
bool IsPublicSuffix(const std::string& domain);

// What somebody registered: "example.co.uk" of "a.b.example.co.uk" (RFC 7489 section 3.2). Empty:
// it is a public suffix itself.
std::string OrganisationalDomain(const std::string& domain);

// `host` is `domain` or below it.
bool IsWithinDomain(std::string_view host, std::string_view domain);

}  // namespace egd::core
