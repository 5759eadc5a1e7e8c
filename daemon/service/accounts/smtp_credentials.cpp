#include "daemon/service/accounts/smtp_credentials.h"

#include <utility>

#include "daemon/auth/digest.h"
#include "daemon/service/accounts/ownership.h"
#include "daemon/service/domains/own_domain.h"
#include "daemon/store/smtp_credential_store.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"

namespace egd::service {
namespace {

constexpr size_t kUsernameBytes = 10;  // random ones: names never collide and cannot be guessed

Error CredentialsNotFound() {
  return NotFound("SMTP credentials not found or access denied");
}

// The credentials with this id, when their domain is the user's.
std::optional<store::SmtpCredential> FindOwn(store::Connection& connection, int64_t user_id,
                                             int64_t id) {
  auto row = store::SmtpCredentialStore(connection).Find(id);
  if (row && !FindOwnDomain(connection, user_id, row->domain_id)) row.reset();
  return row;
}

}  // namespace

Result<SmtpCredentials> SmtpCredentialService::Add(int64_t user_id, int64_t domain_id,
                                                   const std::string& description, bool is_test) {
  SmtpCredentials made;
  made.is_test = is_test;
  made.username = (is_test ? "smtp_test_" : "smtp_") + Hex(RandomBytes(kUsernameBytes));
  made.password = auth::NewKey("");
  made.description = description;
  store::SmtpCredential row;
  row.domain_id = domain_id;
  row.username = made.username;
  row.password_digest = auth::Sha256(made.password);
  row.created_at = clock_.Now();
  row.description = description;
  row.is_test = is_test;
  return store_.Write([&](store::Transaction& tx) -> Result<SmtpCredentials> {
    const auto domain = FindOwnDomain(tx, user_id, domain_id);
    if (!domain) return domain.error();
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kSmtpCredentials, domain_id);
    if (!allowed) return allowed.error();
    store::SmtpCredentialStore(tx).Insert(row);
    made.id = row.id;
    return made;
  });
}

Result<std::vector<SmtpCredentials>> SmtpCredentialService::List(int64_t user_id,
                                                                 int64_t domain_id) {
  using List = std::vector<SmtpCredentials>;
  return store_.Read([&](store::Connection& connection) -> Result<List> {
    const auto domain = FindOwnDomain(connection, user_id, domain_id);
    if (!domain) return domain.error();
    List list;
    for (auto& row : store::SmtpCredentialStore(connection).List(domain_id)) {
      list.push_back(
          {row.id, std::move(row.username), "", std::move(row.description), row.is_test});
    }
    return list;
  });
}

Result<void> SmtpCredentialService::Delete(int64_t user_id, int64_t id) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    if (!FindOwn(tx, user_id, id)) return CredentialsNotFound();
    store::SmtpCredentialStore(tx).Delete(id);
    return {};
  });
}

Result<SmtpCredentials> SmtpCredentialService::ResetPassword(int64_t user_id, int64_t id) {
  const std::string password = auth::NewKey("");
  const std::string digest = auth::Sha256(password);
  return store_.Write([&](store::Transaction& tx) -> Result<SmtpCredentials> {
    const auto row = FindOwn(tx, user_id, id);
    if (!row) return CredentialsNotFound();
    store::SmtpCredentialStore(tx).SetPassword(id, digest);
    return SmtpCredentials{id, row->username, password, row->description, row->is_test};
  });
}

Result<std::optional<SmtpCredentialService::Match>> SmtpCredentialService::FindMatch(
    const std::string& username, const std::string& password) {
  const auto row = store_.Read([&](store::Connection& connection) {
    return store::SmtpCredentialStore(connection).FindByUsername(username);
  });
  if (!row) return row.error();
  const std::string digest = auth::Sha256(password);
  const std::string expected = *row ? (*row)->password_digest : std::string(digest.size(), '\0');
  const bool right = auth::EqualInConstantTime(digest, expected);
  if (!*row) return std::optional<Match>();
  return std::optional(Match{(*row)->domain_id, expected, right, (*row)->is_test});
}

}  // namespace egd::service
