#include "daemon/dkim/signer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/evp.h>

#include "daemon/core/header_field_rules.h"
#include "daemon/dkim/canonical.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::dkim {
namespace {

constexpr size_t kLine = 78;  // RFC 5322 section 2.1.1

using Fields = std::vector<HeaderField>;

Fields Named(const Fields& fields, std::string_view name) {
  Fields named;
  std::copy_if(fields.begin(), fields.end(), std::back_inserter(named),
               [&](const HeaderField& field) { return EqualsIgnoreCase(field.name, name); });
  return named;
}

// What the h= tag says and the hash covers. Of several fields of one name the last is signed first
// (section 5.4.2).
struct Selection {
  std::vector<std::string_view> names;
  std::string canonical;
};

Selection Select(const Fields& fields) {
  Selection selection;
  for (const core::HeaderFieldRule& rule : core::HeaderFieldRules()) {
    if (rule.signed_as == core::SignedAs::kNot) continue;
    const Fields named = Named(fields, rule.name);
    const size_t once_more = rule.signed_as == core::SignedAs::kAgainstAdditions ? 1 : 0;
    selection.names.insert(selection.names.end(), named.size() + once_more, rule.name);
    for (auto field = named.rbegin(); field != named.rend(); ++field) {
      selection.canonical.append(RelaxedHeader(*field)).append("\r\n");
    }
  }
  return selection;
}

std::string FoldedNames(const std::vector<std::string_view>& names) {
  std::string out = "h=";
  size_t line_start = 0;
  for (const auto& name : names) {
    if (out.size() - line_start + name.size() + 3 > kLine) {
      out += "\r\n\t ";
      line_start = out.size() - 2;
    }
    out.append(name).append(&name == &names.back() ? ";" : ":");
  }
  return out;
}

std::string FoldedDigits(std::string base64) {
  constexpr size_t kDigits = 72;
  for (size_t at = kDigits; at < base64.size(); at += kDigits + 4) base64.insert(at, "\r\n\t ");
  return base64;
}

std::string Sha256(std::string_view bytes) {
  // Fetched once: an implicit fetch at each use costs more than hashing a small message.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kMethod(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  std::string digest(32, '\0');
  auto* to = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Digest(bytes.data(), bytes.size(), to, nullptr, kMethod.get(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  }
  return digest;
}

}  // namespace

Signer::Signer(std::string domain, std::vector<SelectedKey> keys)
    : domain_(std::move(domain)), keys_(std::move(keys)) {}

Result<std::string> Signer::Sign(std::string_view message, UnixMillis at) const {
  const MessageParts parts = SplitMessage(message);
  const Selection selection = Select(parts.fields);
  if (Named(parts.fields, "From").empty()) return Internal("a message to sign has no From field");
  if (keys_.empty()) return Internal(domain_ + " has no DKIM key to sign with");
  const std::string same = "; t=" + std::to_string(at / 1000) + ";\r\n\t" +
                           FoldedNames(selection.names) +
                           "\r\n\tbh=" + Base64(Sha256(RelaxedBody(parts.body))) + ";\r\n\tb=";
  std::string fields;
  for (const auto& [selector, key] : keys_) {
    const std::string value = " v=1; a=" + std::string(core::Name(key.algorithm())) +
                              "; c=relaxed/relaxed; d=" + domain_ + ";\r\n\ts=" + selector + same;
    const std::string field = RelaxedHeader({"DKIM-Signature", value});
    const std::string signature = key.Sign(Sha256(selection.canonical + field));
    if (signature.empty()) return Internal("OpenSSL cannot sign with the DKIM key of " + domain_);
    fields += "DKIM-Signature:" + value + FoldedDigits(Base64(signature)) + "\r\n";
  }
  return fields;
}

}  // namespace egd::dkim
