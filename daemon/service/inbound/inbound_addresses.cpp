#include "daemon/service/inbound/inbound_addresses.h"

#include <utility>

#include "daemon/core/host_name.h"
#include "daemon/service/tracking/tracking_keys.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/message_store.h"
#include "daemon/tracking/unsubscribe_token.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t npos = std::string_view::npos;

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
}

bool IsLinkCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

Error NoSuchAddress() {
  return NotFound("No such address");
}

}  // namespace

InboundAddresses::InboundAddresses(store::Store& store, const auth::Vault& vault,
                                   const config::Config& config)
    : store_(store),
      return_path_key_(vault.Derive(kReturnPathPurpose)),
      mailbox_key_(vault.Derive(kUnsubscribeAddressPurpose)),
      link_key_(vault.Derive(kUnsubscribePurpose)) {
  for (const auto& host : {config.gateway.hostname, config.gateway.mfrom_host,
                           config.gateway.tracking_host, config.gateway.spf_host}) {
    if (!host.empty()) hosts_.insert(Lower(host));
  }
  for (const auto& address : config.inbound.complaints) complaints_.insert(Lower(address));
  for (const auto& address : config.inbound.reports) reports_.insert(Lower(address));
}

Result<InboundAddress> InboundAddresses::Resolve(const std::string& address) const {
  const size_t sign = address.rfind('@');
  const std::string local = Lower(address.substr(0, sign));
  const bool hostless = sign == std::string::npos;  // <postmaster> (RFC 5321 section 4.5.1)
  const std::string host =
      hostless ? "" : core::NormalizeHostName(address.substr(sign + 1)).value_or("");
  InboundAddress found{address, InboundPurpose::kComplaint, {}};
  if (hostless)
    return local == "postmaster" ? Result(found) : Result<InboundAddress>(NoSuchAddress());
  if (reports_.contains(local + "@" + host)) {
    found.purpose = InboundPurpose::kReport;
    return found;
  }
  if (complaints_.contains(local + "@" + host)) return found;
  const bool role = local == "abuse" || local == "postmaster";
  if (role && hosts_.contains(host)) return found;
  const auto token = ReadToken(local);
  return store_.Read([&](store::Connection& connection) -> Result<InboundAddress> {
    if (token && OwnsToken(connection, *token, host)) {
      found.purpose =
          local.starts_with('b') ? InboundPurpose::kBounce : InboundPurpose::kUnsubscribe;
      found.token = *token;
      return found;
    }
    const bool return_path_host = store::DomainStore(connection).IsReturnPathHost(host);
    if (role && return_path_host) return found;
    if (return_path_host || hosts_.contains(host)) return NoSuchAddress();
    return Forbidden("Relaying denied");
  });
}

tracking::Mac InboundAddresses::MacOf(std::string_view local) const {
  return MacWith(local.starts_with('u') ? mailbox_key_ : return_path_key_);
}

std::optional<tracking::ReturnPath> InboundAddresses::ReadToken(std::string_view local) const {
  if (local.starts_with("u-")) return tracking::ReadUnsubscribeLocalPart(local, MacOf(local));
  return tracking::ReadReturnPath(local, MacOf(local));
}

// The domain may have changed its subdomain since: any host below it is its own.
bool InboundAddresses::OwnsToken(store::Connection& connection, const tracking::ReturnPath& token,
                                 const std::string& host) const {
  const auto message = store::MessageStore(connection).Find(token.message_id);
  if (!message) return false;
  const auto domain = store::DomainStore(connection).FindToSign(message->domain_id);
  return domain && (host == domain->mfrom_host || host.ends_with("." + domain->name));
}

std::optional<ReportedMessage> InboundAddresses::FindReported(store::Connection& connection,
                                                              std::string_view text) const {
  if (auto link = ReadLink(text)) return link;
  if (auto mailbox = ReadMailbox(text)) return mailbox;
  return FindMessageId(connection, text);
}

std::optional<ReportedMessage> InboundAddresses::ReadLink(std::string_view text) const {
  const tracking::Mac mac = MacWith(link_key_);
  size_t tried = 0;
  for (size_t at = 0; (at = text.find("/u/", at)) != npos && ++tried <= kMostTokens; ++at) {
    size_t end = at + 3;
    while (end < text.size() && IsLinkCharacter(text[end])) ++end;
    const auto link = tracking::ReadUnsubscribeToken(text.substr(at + 3, end - at - 3), mac);
    if (link) return ReportedMessage{{link->message_id, 0, 0}, link->address};
  }
  return std::nullopt;
}

std::optional<ReportedMessage> InboundAddresses::ReadMailbox(std::string_view text) const {
  constexpr size_t kLeastDigits = 30;  // a message ID and a MAC have 39
  const std::string lower = Lower(text);
  size_t tried = 0;
  for (size_t dash = 0; (dash = lower.find('-', dash)) != npos && tried < kMostTokens; ++dash) {
    if (dash == 0 || (lower[dash - 1] != 'b' && lower[dash - 1] != 'u')) continue;
    if (dash >= 2 && IsTokenCharacter(lower[dash - 2])) continue;
    size_t end = dash + 1;
    while (end < lower.size() && IsTokenCharacter(lower[end])) ++end;
    if (end - dash < kLeastDigits) continue;
    ++tried;
    const auto token = ReadToken(std::string_view(lower).substr(dash - 1, end - dash + 1));
    if (token) return ReportedMessage{*token, ""};
  }
  return std::nullopt;
}

// The first "<UUID@…>" that is a message of ours.
std::optional<ReportedMessage> InboundAddresses::FindMessageId(store::Connection& connection,
                                                               std::string_view text) {
  constexpr size_t kUuidDigits = 36;
  store::MessageStore messages(connection);
  size_t tried = 0;
  for (size_t sign = 0; (sign = text.find('@', sign)) != npos && tried < kMostTokens; ++sign) {
    if (sign < kUuidDigits) continue;
    const auto id = Uuid::Parse(text.substr(sign - kUuidDigits, kUuidDigits));
    if (!id) continue;
    ++tried;
    if (messages.Find(*id)) return ReportedMessage{{*id, 0, 0}, "", true};
  }
  return std::nullopt;
}

bool InboundAddresses::IsForDestination(const tracking::ReturnPath& token,
                                        std::string_view destination) const {
  return token.destination == 0 ||
         token.destination == tracking::DestinationTag(Lower(destination), MacOf("b-"));
}

}  // namespace egd::service
