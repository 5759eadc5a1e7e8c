// Which addresses the gateway takes mail for without authentication (contract section 11):
//   b-<token>@<return-path host>   bounces of the message, or the recipient, that the token names
//   u-<token>@<return-path host>   the mailto form of List-Unsubscribe
//   [inbound] reports              DMARC and TLS reports
//   [inbound] complaints, and abuse@ and postmaster@ of the gateway's own hosts: feedback reports
// A token is proved by its MAC, and belongs to one sender domain: at another's host it is foreign.
// Forged and foreign ones are refused alike, so that nothing is learned from the difference.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/auth/vault.h"
#include "daemon/store/store.h"
#include "daemon/tracking/return_path.h"
#include "shared/config/config.h"

namespace egd::service {

enum class InboundPurpose { kBounce, kUnsubscribe, kComplaint, kReport };

struct InboundAddress {
  std::string text;  // as given
  InboundPurpose purpose = InboundPurpose::kComplaint;
  tracking::ReturnPath token;  // of kBounce and kUnsubscribe
};

struct ReportedMessage {
  tracking::ReturnPath token;
  std::string recipient;       // empty: not said by the token
  bool by_message_id = false;  // whoever has seen the message knows it, so it names nobody
};

// Owned by Daemon. Thread-safe.
class InboundAddresses {
 public:
  InboundAddresses(store::Store& store, const auth::Vault& vault, const config::Config& config);

  // kNotFound: no such address at one of our hosts. kForbidden: a host that is not ours. Otherwise
  // the store's failure.
  Result<InboundAddress> Resolve(const std::string& address) const;

  // Which of our messages a text is, or quotes, by the tokens found anywhere in it, the surest
  // first: an unsubscribe link, which names the address, a return-path or unsubscribe mailbox, a
  // Message-ID. At most kMostTokens are tried.
  // Throws on database failure only.
  std::optional<ReportedMessage> FindReported(store::Connection& connection,
                                              std::string_view text) const;
  // True when the token was made for mail to that destination, or for none.
  bool IsForDestination(const tracking::ReturnPath& token, std::string_view destination) const;

  bool IsOwnHost(const std::string& host) const { return hosts_.contains(host); }

  static constexpr size_t kMostTokens = 50;  // a MAC each; one is usual

 private:
  std::optional<tracking::ReturnPath> ReadToken(std::string_view local) const;
  std::optional<ReportedMessage> ReadLink(std::string_view text) const;
  std::optional<ReportedMessage> ReadMailbox(std::string_view text) const;
  static std::optional<ReportedMessage> FindMessageId(store::Connection& connection,
                                                      std::string_view text);
  tracking::Mac MacOf(std::string_view local) const;
  bool OwnsToken(store::Connection& connection, const tracking::ReturnPath& token,
                 const std::string& host) const;

  store::Store& store_;
  const std::string return_path_key_, mailbox_key_, link_key_;
  std::set<std::string> hosts_;       // the gateway's own, lower case
  std::set<std::string> complaints_;  // whole addresses, lower case
  std::set<std::string> reports_;     // the same
};

}  // namespace egd::service
