#include "daemon/store/smtp_credential_store.h"

#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, domain_id, username, password_digest, created_at, description, is_test "
    "FROM smtp_credentials WHERE ";

SmtpCredential ReadCredential(Query& query) {
  SmtpCredential credential;
  query.Read(credential.id, credential.domain_id, credential.username, credential.password_digest,
             credential.created_at, credential.description, credential.is_test);
  return credential;
}

}  // namespace

std::optional<SmtpCredential> SmtpCredentialStore::Find(int64_t id) {
  Query query(connection_, std::string(kSelect) + "id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadCredential(query);
}

std::optional<SmtpCredential> SmtpCredentialStore::FindByUsername(const std::string& username) {
  Query query(connection_, std::string(kSelect) + "username = ?");
  if (!query.Bind(username).Step()) return std::nullopt;
  return ReadCredential(query);
}

std::vector<SmtpCredential> SmtpCredentialStore::List(int64_t domain_id) {
  Query query(connection_, std::string(kSelect) + "domain_id = ? ORDER BY id");
  query.Bind(domain_id);
  std::vector<SmtpCredential> credentials;
  while (query.Step()) credentials.push_back(ReadCredential(query));
  return credentials;
}

int64_t SmtpCredentialStore::Count(int64_t domain_id) {
  Query query(connection_, "SELECT count(*) FROM smtp_credentials WHERE domain_id = ?");
  query.Bind(domain_id).Step();
  return query.Value<int64_t>();
}

void SmtpCredentialStore::Insert(SmtpCredential& credential) {
  credential.id =
      Query(connection_,
            "INSERT INTO smtp_credentials (domain_id, username, password_digest, created_at,"
            " description, is_test) VALUES (?, ?, ?, ?, ?, ?) RETURNING id")
          .Bind(credential.domain_id, credential.username, AsBlob{credential.password_digest},
                credential.created_at, credential.description, credential.is_test)
          .Returned();
}

bool SmtpCredentialStore::SetPassword(int64_t id, const std::string& password_digest) {
  return Query(connection_, "UPDATE smtp_credentials SET password_digest = ? WHERE id = ?")
             .Bind(AsBlob{password_digest}, id)
             .Run() > 0;
}

bool SmtpCredentialStore::Delete(int64_t id) {
  return Query(connection_, "DELETE FROM smtp_credentials WHERE id = ?").Bind(id).Run() > 0;
}

}  // namespace egd::store
