#include "daemon/store/user_store.h"

#include "daemon/store/domain_store.h"
#include "daemon/store/query.h"
#include "daemon/store/text_search.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, username, email_address, password_hash, first_name, last_name, company_name, "
    "enabled, trusted, verified, max_sender_domains, monthly_send_limit, send_rate_per_minute, "
    "permissions, created_at FROM users ";

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

void BindSettable(Query& query, const core::User& user) {
  query.Bind(user.username, user.email_address, user.password_hash, user.first_name, user.last_name,
             user.company_name, user.enabled, user.trusted, user.verified, user.max_sender_domains,
             user.monthly_send_limit, user.send_rate_per_minute, user.permissions);
}

}  // namespace

std::optional<core::User> UserStore::Find(int64_t id) {
  return FindBy(connection_, "WHERE id = ?", id);
}

std::optional<core::User> UserStore::FindByUsername(const std::string& username) {
  return FindBy(connection_, "WHERE username = ?", username);
}

std::optional<core::User> UserStore::FindByEmailAddress(const std::string& address) {
  return FindBy(connection_, "WHERE email_address = ?", address);
}

UserSaved UserStore::Insert(core::User& user) {
  user.id = 0;
  const UserSaved unique = CheckUnique(*this, user);
  if (unique != UserSaved::kSaved) return unique;
  Query query(connection_,
              "INSERT INTO users (username, email_address, password_hash, first_name, last_name, "
              "company_name, enabled, trusted, verified, max_sender_domains, monthly_send_limit, "
              "send_rate_per_minute, permissions, created_at) "
              "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  BindSettable(query, user);
  query.Bind(user.created_at).Run();
  user.id = LastInsertId(connection_);
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
      "WHERE ?1 = '' OR egd_contains(?1, username, email_address, first_name, last_name, "
      "first_name || ' ' || last_name, company_name)";
  const std::string needle = Fold(keyword);
  UserPage page;
  Query total(connection_, std::string("SELECT count(*) FROM users ").append(kMatches));
  total.Bind(needle).Step();
  total.Read(page.total);
  Query query(connection_,
              std::string(kSelect).append(kMatches).append(" ORDER BY id LIMIT ?2 OFFSET ?3"));
  query.Bind(needle, count, from);
  while (query.Step()) page.users.push_back(ReadUser(query));
  return page;
}

int64_t UserStore::Count() {
  Query query(connection_, "SELECT count(*) FROM users");
  query.Step();
  return query.Value<int64_t>();
}

bool UserStore::Delete(int64_t id, UnixMillis now) {
  DomainStore domains(connection_);
  for (const core::SenderDomain& domain : domains.ListByUser(id)) domains.Delete(domain.id, now);
  return Query(connection_, "DELETE FROM users WHERE id = ?").Bind(id).Run() > 0;
}

}  // namespace egd::store
