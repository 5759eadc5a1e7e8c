// A recipient no longer wants mail: one door for the page, the one-click POST (RFC 8058) and the
// mailto form of List-Unsubscribe. Policy:
//  - It works for every message ever sent: of one that was purged the token still says whose it
//    was.
//  - The scope is the message's: a list, or all mail that offers an unsubscribe link ("bulk"). What
//    offers none, such as a password reset, goes on; so does mail to other lists.
//  - In the list the subscriber becomes Unsubscribed.
//  - It takes effect with the commit, for mail that is queued too.
//  - Repeated, it changes nothing and makes no second event.
//  - Of a test key's message there is the event alone, each time: tests must not suppress anybody.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::service {

constexpr std::string_view kScopeAll = "all";
constexpr std::string_view kScopeBulk = "bulk";
std::string ListScope(int64_t list_id);       // "list:7"
int64_t ListOfScope(std::string_view scope);  // 7; 0: no list's

struct Unsubscription {
  int64_t domain_id = 0;
  Uuid message_id;
  int64_t list_id = 0;  // 0: the message's own scope counts, or bulk
  std::string address;
  std::string reason;  // of the suppression: "One click"
  std::string client_address = {}, user_agent = {};
};

// Suppresses, unsubscribes and records the event in the caller's commit. False: nothing changed, or
// the domain is not known any more.
bool Unsubscribe(store::Transaction& transaction, const Unsubscription& wish, UnixMillis now);

}  // namespace egd::service
