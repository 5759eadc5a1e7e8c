// The gateway as apply and export see it: who is asking, and what is there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/desired/state.h"
#include "cli/session.h"

namespace egd::cli {

// Who is asking, and for whom.
struct Asker {
  std::string name;  // lower case; empty: an admin without a user of their own
  int64_t id = 0;
  bool is_admin = false;
  bool sees_all = false;  // an admin who does not act for one user alone
};

// Not thread-safe. Whatever fails has been said on standard error when a method returns nothing or
// false, and status() is what egctl exits with.
class Gateway {
 public:
  Gateway(const Console& console, Session& session) : console_(console), session_(session) {}

  // Finds out who is asking; first of all. `acting`: the UserID of --as-user.
  bool FindAsker(const nlohmann::ordered_json& acting);
  const Asker& asker() const { return asker_; }
  int status() const { return status_; }

  // The answer's body. `owner`: for whom, by name; empty: it belongs to no user.
  std::optional<nlohmann::ordered_json> Ask(std::string_view command,
                                            nlohmann::ordered_json request,
                                            const std::string& owner);

  // By name, lower case: of every user for who sees all, else the one who asks.
  const std::map<std::string, int64_t>& users() const { return users_; }
  void AddUser(const std::string& name, int64_t id) { users_[name] = id; }

  std::optional<std::vector<Item>> Users();
  // Things of one kind that belong to a user, or to a domain (an item).
  std::optional<std::vector<Item>> Of(const std::string& owner, const Schema& schema);
  std::optional<std::vector<Item>> Of(const Item& domain, const Schema& schema);
  bool AddContents(Item& email_template);

  // One page of the suppression list that match the pattern; the total too.
  struct SuppressionPage {
    int64_t total = 0;
    nlohmann::ordered_json rows;
  };
  std::optional<SuppressionPage> Suppressions(const std::string& owner, const std::string& pattern,
                                              int64_t start);
  static constexpr int64_t kPage = 1000;  // as much as the gateway returns

 private:
  std::optional<std::vector<Item>> List(const Schema& schema, nlohmann::ordered_json request,
                                        const std::string& owner, const std::string& domain);
  bool Fail(int status);

  const Console& console_;
  Session& session_;
  Asker asker_;
  std::map<std::string, int64_t> users_;
  int status_ = 0;
};

}  // namespace egd::cli
