#include "daemon/store/template_store.h"

#include "daemon/store/query.h"

namespace egd::store {

std::optional<core::EmailTemplate> TemplateStore::Find(int64_t user_id, int64_t id) {
  Query query(connection_,
              "SELECT name, subject, content, html, plain, created_at, updated_at FROM templates"
              " WHERE id = ? AND user_id = ?");
  if (!query.Bind(id, user_id).Step()) return std::nullopt;
  core::EmailTemplate email;
  email.id = id;
  email.user_id = user_id;
  std::string content;
  query.Read(email.name, email.subject, content, email.html, email.plain, email.created_at,
             email.updated_at);
  email.content = core::ParseTemplateContent(content).value();
  return email;
}

std::vector<core::EmailTemplate> TemplateStore::List(int64_t user_id) {
  Query query(connection_,
              "SELECT id, name, subject, content, created_at, updated_at FROM templates"
              " WHERE user_id = ? ORDER BY id");
  query.Bind(user_id);
  std::vector<core::EmailTemplate> emails;
  while (query.Step()) {
    auto& email = emails.emplace_back();
    email.user_id = user_id;
    std::string content;
    query.Read(email.id, email.name, email.subject, content, email.created_at, email.updated_at);
    email.content = core::ParseTemplateContent(content).value();
  }
  return emails;
}

void TemplateStore::Insert(core::EmailTemplate& email) {
  email.id = Query(connection_,
                   "INSERT INTO templates (user_id, name, subject, content, html, plain, "
                   "created_at, updated_at)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id")
                 .Bind(email.user_id, email.name, email.subject, core::Name(email.content),
                       email.html, email.plain, email.created_at, email.updated_at)
                 .Returned();
}

bool TemplateStore::Update(const core::EmailTemplate& email) {
  return Query(connection_,
               "UPDATE templates SET name = ?, subject = ?, content = ?, html = ?, plain = ?,"
               " updated_at = ? WHERE id = ? AND user_id = ?")
             .Bind(email.name, email.subject, core::Name(email.content), email.html, email.plain,
                   email.updated_at, email.id, email.user_id)
             .Run() > 0;
}

bool TemplateStore::Delete(int64_t user_id, int64_t id) {
  return Query(connection_, "DELETE FROM templates WHERE id = ? AND user_id = ?")
             .Bind(id, user_id)
             .Run() > 0;
}

}  // namespace egd::store
