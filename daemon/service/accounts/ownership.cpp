#include "daemon/service/accounts/ownership.h"

#include <string>

#include "daemon/store/ownership_store.h"

namespace egd::service {
namespace {

using core::Owned;

struct Limit {
  int most = 0;  // 0: none
  const char* what = "";
  const char* option = "";
};

Limit LimitOf(const config::Config::Limits& limits, Owned kind) {
  switch (kind) {
    case Owned::kWebhooks:
      return {limits.webhooks, "webhooks of a domain", "limits.webhooks"};
    case Owned::kSenderKeys:
      return {limits.keys, "sender keys of a domain", "limits.keys"};
    case Owned::kSmtpCredentials:
      return {limits.credentials, "SMTP credentials of a domain", "limits.credentials"};
    case Owned::kUserKeys:
      return {limits.keys, "API keys of a user", "limits.keys"};
    case Owned::kLists:
      return {limits.lists, "lists of a user", "limits.lists"};
    case Owned::kTemplates:
      return {limits.templates, "templates of a user", "limits.templates"};
    case Owned::kJourneys:
      return {limits.journeys, "journeys of a user", "limits.journeys"};
  }
  return {};
}

}  // namespace

Result<void> CheckOwnership(store::Transaction& transaction, const config::Config::Limits& limits,
                            Owned kind, int64_t owner) {
  const Limit limit = LimitOf(limits, kind);
  if (limit.most == 0) return {};
  if (store::OwnershipStore(transaction).Count(kind, owner) < limit.most) return {};
  return Forbidden("The limit of " + std::to_string(limit.most) + " " + limit.what +
                   " is reached. Delete some, or ask the operator to raise " + limit.option + ".");
}

}  // namespace egd::service
