#include "daemon/store/user_store.h"

#include <algorithm>

#include "daemon/store/domain_store.h"
#include "daemon/store/list_store.h"
#include "daemon/store/query.h"
#include "daemon/store/sweep_store.h"
#include "daemon/store/text_search.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, username, email_address, password_hash, first_name, last_name, company_name, "
    "enabled, trusted, verified, max_sender_domains, monthly_send_limit, send_rate_per_minute, "
    "permissions, created_at FROM users WHERE deleted = 0 AND ";

core::User ReadUser(Query& query) {
  core::User user;
  query.Read(user.id, user.username, user.email_address, user.password_hash, user.first_name,
             user.last_name, user.company_name, user.enabled, user.trusted, user.verified,
             user.max_sender_domains, user.monthly_send_limit, user.send_rate_per_minute,
             user.permissions, user.created_at);
  return user;
}

template <typename Key>
std::optional<core::User> FindBy(Connection& connection, std::string_view condition,
                                 const Key& key) {
  Query query(connection, std::string(kSelect).append(condition));
  query.Bind(key);
  if (!query.Step()) return std::nullopt;
  return ReadUser(query);
}

// Whether another user than `user` has its username or address.
UserSaved CheckUnique(UserStore& users, const core::User& user) {
  if (const auto other = users.FindByUsername(user.username); other && other->id != user.id) {
    return UserSaved::kUsernameTaken;
  }
  if (const auto other = users.FindByEmailAddress(user.email_address);
      other && other->id != user.id) {
    return UserSaved::kEmailAddressTaken;
  }
  return UserSaved::kSaved;
}

// Of what a user has in `table`.
std::vector<int64_t> ListIds(Connection& connection, const std::string& table, int64_t user_id,
                             size_t most) {
  Query query(connection, "SELECT id FROM " + table + " WHERE user_id = ? LIMIT ?");
  query.Bind(user_id, most);
  std::vector<int64_t> ids;
  while (query.Step()) ids.push_back(query.Value<int64_t>());
  return ids;
}

void BindSettable(Query& query, const core::User& user) {
  query.Bind(user.username, user.email_address, user.password_hash, user.first_name, user.last_name,
             user.company_name, user.enabled, user.trusted, user.verified, user.max_sender_domains,
             user.monthly_send_limit, user.send_rate_per_minute, user.permissions);
}

}  // namespace

std::optional<core::User> UserStore::Find(int64_t id) {
  return FindBy(connection_, "id = ?", id);
}

std::optional<core::User> UserStore::FindByUsername(const std::string& username) {
  return FindBy(connection_, "username = ?", username);
}

std::optional<core::User> UserStore::FindByEmailAddress(const std::string& address) {
  return FindBy(connection_, "email_address = ?", address);
}

UserSaved UserStore::Insert(core::User& user) {
  user.id = 0;
  const UserSaved unique = CheckUnique(*this, user);
  if (unique != UserSaved::kSaved) return unique;
  Query query(connection_,
              "INSERT INTO users (username, email_address, password_hash, first_name, last_name, "
              "company_name, enabled, trusted, verified, max_sender_domains, monthly_send_limit, "
              "send_rate_per_minute, permissions, created_at) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
  BindSettable(query, user);
  user.id = query.Bind(user.created_at).Returned();
  return UserSaved::kSaved;
}

UserSaved UserStore::Update(const core::User& user) {
  const UserSaved unique = CheckUnique(*this, user);
  if (unique != UserSaved::kSaved) return unique;
  Query query(
      connection_,
      "UPDATE users SET username = ?, email_address = ?, password_hash = ?, first_name = ?, "
      "last_name = ?, company_name = ?, enabled = ?, trusted = ?, verified = ?, "
      "max_sender_domains = ?, monthly_send_limit = ?, send_rate_per_minute = ?, "
      "permissions = ? WHERE id = ?");
  BindSettable(query, user);
  return query.Bind(user.id).Run() > 0 ? UserSaved::kSaved : UserSaved::kMissing;
}

UserPage UserStore::List(const std::string& keyword, int64_t from, int64_t count) {
  static constexpr std::string_view kMatches =
      "(?1 = '' OR egd_contains(?1, username, email_address, first_name, last_name, "
      "first_name || ' ' || last_name, company_name))";
  const std::string needle = Fold(keyword);
  UserPage page;
  Query total(connection_,
              std::string("SELECT count(*) FROM users WHERE deleted = 0 AND ").append(kMatches));
  total.Bind(needle).Step();
  total.Read(page.total);
  Query query(connection_,
              std::string(kSelect).append(kMatches).append(" ORDER BY id LIMIT ?2 OFFSET ?3"));
  query.Bind(needle, count, from);
  while (query.Step()) page.users.push_back(ReadUser(query));
  return page;
}

int64_t UserStore::Count() {
  return OneInteger(connection_, "SELECT count(*) FROM users WHERE deleted = 0");
}

bool UserStore::Delete(int64_t id) {
  // The name is free again: no user has one with a control character.
  const bool deleted = Query(connection_,
                             "UPDATE users SET deleted = 1, enabled = 0, username = char(1) || id, "
                             "email_address = char(1) || id WHERE id = ? AND deleted = 0")
                           .Bind(id)
                           .Run() > 0;
  if (!deleted) return false;
  // Others may enable their names: of all of them, but for whoever has thousands.
  Query(connection_,
        "UPDATE domains SET status = 'Disabled' WHERE id IN "
        "(SELECT id FROM domains WHERE user_id = ? AND status = 'Enabled' LIMIT 2000)")
      .Bind(id)
      .Run();
  Query(connection_, "DELETE FROM sessions WHERE user_id = ?").Bind(id).Run();
  Query(connection_, "DELETE FROM user_keys WHERE user_id = ?").Bind(id).Run();
  SweepStore(connection_).Add({SweepKind::kUser, id});
  return true;
}

size_t UserStore::DeletePart(int64_t id, size_t most) {
  constexpr size_t kDomainRows = 20;  // a domain with its records and keys
  size_t deleted = 0;
  const auto delete_from = [&](const char* table, const char* key) {
    if (deleted >= most) return;
    const std::string sql = std::string("DELETE FROM ") + table + " WHERE user_id = ?1 AND " + key +
                            " IN (SELECT " + key + " FROM " + table +
                            " WHERE user_id = ?1 LIMIT ?2)";
    deleted += static_cast<size_t>(Query(connection_, sql).Bind(id, most - deleted).Run());
  };
  delete_from("suppressions", "address");
  delete_from("templates", "id");
  delete_from("journeys", "id");
  if (deleted < most) {
    const size_t domains = std::max<size_t>((most - deleted) / kDomainRows, 1);
    for (const int64_t domain : ListIds(connection_, "domains", id, domains)) {
      deleted += DomainStore(connection_).Delete(domain) ? kDomainRows : 0;
    }
  }
  if (deleted < most) {
    for (const int64_t list : ListIds(connection_, "lists", id, most - deleted)) {
      deleted += ListStore(connection_).Delete(id, list) ? 1 : 0;
    }
  }
  if (deleted == 0) Query(connection_, "DELETE FROM users WHERE id = ?").Bind(id).Run();
  return deleted;
}

}  // namespace egd::store
