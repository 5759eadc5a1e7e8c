#include "cli/desired/plan.h"

#include <algorithm>
#include <deque>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kByHand = "manual";  // the source that the gateway records by default

std::string Identity(const Item& item) {
  Json parts = {int(item.kind), item.kind == Kind::kUser ? "" : item.owner, item.domain};
  for (const Property& property : SchemaOf(item.kind).properties) {
    if (!property.identifies) continue;
    const std::string text = item.Text(property.key);
    parts.push_back(property.ignores_case ? Lower(text) : text);
    if (item.Is(property.key)) parts.back() = true;  // a switch that is off may be left out
  }
  return parts.dump();
}

bool AreSame(const Json& a, const Json& b, const Property& property) {
  if (property.ignores_case && a.is_string() && b.is_string()) {
    return EqualsIgnoreCase(a.get<std::string>(), b.get<std::string>());
  }
  if (!a.is_array() || !b.is_array()) return a == b;
  const auto sorted = [](const Json& list) {
    auto texts = list.get<std::vector<std::string>>();
    std::ranges::sort(texts);
    return texts;
  };
  return sorted(a) == sorted(b);  // permissions have no order
}

bool IsEmpty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get<std::string>().empty());
}

// Of what is wanted, against what is there: null when it is new.
std::vector<Difference> DifferencesOf(const Item& wanted, const Item* present) {
  std::vector<Difference> differences;
  for (const Property& property : SchemaOf(wanted.kind).properties) {
    const std::string key(property.key);
    const auto after = wanted.values.find(key);
    if (after == wanted.values.end()) continue;
    const Json before = present ? present->values.value(key, Json()) : Json();
    const bool same = present ? property.identifies || AreSame(before, *after, property) ||
                                    (IsEmpty(before) && IsEmpty(*after))
                              : IsEmpty(*after) && !property.identifies;
    if (!same) differences.push_back({key, before, *after});
  }
  return differences;
}

std::vector<Difference> Loss(const Item& present) {
  std::vector<Difference> differences;
  for (const auto& [key, value] : present.values.items()) {
    const auto* property = SchemaOf(present.kind).Find(key);
    const bool told = property->identifies || property->param.empty();
    if (told) differences.push_back({key, value, Json()});
  }
  return differences;
}

class Comparison {
 public:
  Comparison(const DesiredState& desired, bool prune, const std::string& file)
      : desired_(desired), prune_(prune), file_(file) {}

  Plan Run(const std::vector<Item>& present) {
    // What there is several times, as templates of one name, is paired in its order.
    for (const Item& item : present) present_[Identity(item)].push_back(&item);
    for (const Item& item : desired_.items) Want(item);
    for (const Item& item : present) {
      auto& left = present_[Identity(item)];
      if (left.empty() || left.front() != &item) continue;
      left.pop_front();
      Leave(item);
    }
    // What belongs to something goes before it.
    std::ranges::stable_sort(deleted_, std::greater(), [](const Change& c) { return c.item.kind; });
    std::ranges::move(deleted_, std::back_inserter(plan_.changes));
    return std::move(plan_);
  }

 private:
  void Want(const Item& item) {
    auto& candidates = present_[Identity(item)];
    if (candidates.empty()) {
      CheckComplete(item);
      plan_.changes.push_back({Action::kCreate, item, DifferencesOf(item, nullptr)});
      return;
    }
    const Item& present = *candidates.front();
    candidates.pop_front();
    auto differences = DifferencesOf(item, &present);
    if (differences.empty()) return;
    Item wanted = item;
    wanted.id = present.id;
    plan_.changes.push_back({Action::kUpdate, std::move(wanted), std::move(differences)});
  }

  // A new thing needs what the Command that creates it requires.
  void CheckComplete(const Item& item) {
    const Schema& schema = SchemaOf(item.kind);
    const auto& command = *catalogue::Find(schema.create);
    for (const Property& property : schema.properties) {
      const auto* param = command.Find(property.param);
      if (!param || !param->required || item.values.contains(std::string(property.key))) continue;
      plan_.mistakes.push_back(file_ + ":" + std::to_string(item.line) + ": " + item.Name() +
                               " is new and needs `" + std::string(property.key) + "`");
    }
  }

  // What the document does not list.
  void Leave(const Item& item) {
    const bool names_owner = desired_.owners.contains(item.owner);
    switch (SchemaOf(item.kind).parent) {
      case Parent::kGateway:
        if (desired_.kinds.contains(item.kind)) plan_.unlisted.push_back(item.Name());
        return;
      case Parent::kUser:
        if (!desired_.kinds.contains(item.kind) || !names_owner) return;
        if (item.kind == Kind::kDomain) {
          plan_.unlisted.push_back(item.Name());
          return;
        }
        return Delete(item);
      case Parent::kDomain:
        if (desired_.belongings.contains({item.owner, item.domain, item.kind})) Delete(item);
        return;
    }
  }

  void Delete(const Item& item) {
    if (prune_) deleted_.push_back({Action::kDelete, item, Loss(item)});
  }

  const DesiredState& desired_;
  const bool prune_;
  const std::string file_;
  std::map<std::string, std::deque<const Item*>> present_;
  std::vector<Change> deleted_;
  Plan plan_;
};

}  // namespace

size_t Plan::Count(Action action) const {
  size_t count = size_t(std::ranges::count(changes, action, &Change::action));
  for (const SuppressionChange& change : suppressions) {
    if (change.action == action) count += change.addresses.size();
  }
  return count;
}

Plan Compare(const DesiredState& desired, const std::vector<Item>& present, bool prune,
             const std::string& file) {
  return Comparison(desired, prune, file).Run(present);
}

SuppressionComparison::SuppressionComparison(const DesiredState& desired, std::string owner,
                                             bool prune)
    : owner_(std::move(owner)), prune_(prune) {
  for (const Suppression& suppression : desired.suppressions) {
    if (suppression.owner == owner_) wanted_.insert({suppression.address, &suppression});
  }
}

void SuppressionComparison::See(const Row& row) {
  if (row.address != last_.address) {
    EndAddress();
    last_stays_ = false;
  }
  const bool for_all = row.scope == "all";
  const bool is_wanted = wanted_.contains(row.address);
  if (for_all && is_wanted) found_.insert(row.address);
  // Deleting takes every scope of an address: one that someone unsubscribed from stays.
  if (is_wanted || !for_all || row.source != kByHand) last_stays_ = true;
  last_ = row;
}

void SuppressionComparison::EndAddress() {
  if (prune_ && !last_stays_ && !last_.address.empty()) surplus_.push_back(last_.address);
}

std::vector<SuppressionChange> SuppressionComparison::Changes() {
  EndAddress();
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> missing;
  for (const auto& [address, suppression] : wanted_) {
    if (!found_.contains(address)) {
      missing[{suppression->source, suppression->reason}].push_back(address);
    }
  }
  std::vector<SuppressionChange> changes;
  for (auto& [why, addresses] : missing) {
    changes.push_back({Action::kCreate, owner_, why.first, why.second, std::move(addresses)});
  }
  if (!surplus_.empty()) {
    changes.push_back({Action::kDelete, owner_, "", "", std::move(surplus_)});
  }
  return changes;
}

}  // namespace egd::cli
