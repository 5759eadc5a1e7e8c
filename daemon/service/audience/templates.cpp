#include "daemon/service/audience/templates.h"

#include "daemon/service/accounts/ownership.h"
#include "daemon/store/template_store.h"

namespace egd::service {
namespace {

Error TemplateNotFound() {
  return NotFound("Template not found or access denied");
}

void Apply(const TemplateChange& change, core::EmailTemplate& email) {
  if (change.name) email.name = *change.name;
  if (change.subject) email.subject = *change.subject;
  if (change.content) email.content = *change.content;
  if (change.html) email.html = *change.html;
  if (change.plain) email.plain = *change.plain;
}

}  // namespace

TemplateProblem Check(const core::EmailTemplate& email) {
  if (email.content != core::TemplateContent::kPlain && email.html.empty()) {
    return TemplateProblem::kHtmlMissing;
  }
  if (email.content != core::TemplateContent::kHtml && email.plain.empty()) {
    return TemplateProblem::kPlainMissing;
  }
  return TemplateProblem::kNone;
}

Result<int64_t> Templates::Create(core::EmailTemplate email) {
  email.created_at = email.updated_at = clock_.Now();
  return store_.Write([&](store::Transaction& tx) -> Result<int64_t> {
    auto allowed = CheckOwnership(tx, limits_, core::Owned::kTemplates, email.user_id);
    if (!allowed) return allowed.error();
    store::TemplateStore(tx).Insert(email);
    return email.id;
  });
}

Result<core::EmailTemplate> Templates::Get(int64_t user_id, int64_t id) {
  return store_.Read([&](store::Connection& connection) -> Result<core::EmailTemplate> {
    auto email = store::TemplateStore(connection).Find(user_id, id);
    if (!email) return TemplateNotFound();
    return std::move(*email);
  });
}

Result<core::EmailTemplate> Templates::Update(int64_t user_id, int64_t id,
                                              const TemplateChange& change,
                                              TemplateProblem& problem) {
  return store_.Write([&](store::Transaction& tx) -> Result<core::EmailTemplate> {
    store::TemplateStore templates(tx);
    auto email = templates.Find(user_id, id);
    if (!email) return TemplateNotFound();
    Apply(change, *email);
    problem = Check(*email);
    if (problem != TemplateProblem::kNone) return InvalidArgument("a content is missing");
    email->updated_at = clock_.Now();
    templates.Update(*email);
    return std::move(*email);
  });
}

Result<void> Templates::Delete(int64_t user_id, int64_t id) {
  return store_.Write([&](store::Transaction& tx) -> Result<void> {
    if (!store::TemplateStore(tx).Delete(user_id, id)) return TemplateNotFound();
    return {};
  });
}

Result<std::vector<core::EmailTemplate>> Templates::List(int64_t user_id) {
  return store_.Read([&](store::Connection& connection) {
    return store::TemplateStore(connection).List(user_id);
  });
}

}  // namespace egd::service
