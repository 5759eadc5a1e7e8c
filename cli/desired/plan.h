// What has to change for the gateway to be as a document wants it. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/desired/state.h"

namespace egd::cli {

enum class Action { kCreate, kUpdate, kDelete };

struct Difference {
  std::string key;
  nlohmann::ordered_json before, after;  // null: there was or will be none
};

struct Change {
  Action action;
  Item item;  // as wanted, with the id of what is there; of what is deleted, as it is
  std::vector<Difference> differences;  // never empty
};

// Addresses that go the same way.
struct SuppressionChange {
  Action action;
  std::string owner, source, reason;
  std::vector<std::string> addresses;
};

struct Plan {
  std::vector<Change> changes;  // in the order they have to be carried out
  std::vector<SuppressionChange> suppressions;
  std::vector<std::string> unlisted;  // users and domains that stay though the document lacks them
  std::vector<std::string> mistakes;  // what the document lacks for something to be created

  bool empty() const { return changes.empty() && suppressions.empty(); }
  size_t Count(Action action) const;  // a suppression is one
};

// `file`: the document's name, for the mistakes. `present` has what Describes() says, at least.
Plan Compare(const DesiredState& desired, const std::vector<Item>& present, bool prune,
             const std::string& file);

// Suppressions are compared page by page, so that what is there need not be in memory.
class SuppressionComparison {
 public:
  // Those of one user.
  SuppressionComparison(const DesiredState& desired, std::string owner, bool prune);

  struct Row {
    std::string address, scope, source;
  };
  // What is there, by address: an address in several scopes is in rows behind each other.
  void See(const Row& row);
  // Addresses wanted.
  const std::map<std::string, const Suppression*>& wanted() const { return wanted_; }
  // What is missing and, with `prune`, what was entered by hand and is not wanted.
  std::vector<SuppressionChange> Changes();

 private:
  void EndAddress();

  const std::string owner_;
  const bool prune_;
  std::map<std::string, const Suppression*> wanted_;
  std::set<std::string> found_;
  Row last_;
  bool last_stays_ = true;
  std::vector<std::string> surplus_;
};

}  // namespace egd::cli
