#include "daemon/api/handlers/templates.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/audience/templates.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using core::EmailTemplate;
using service::TemplateProblem;
using service::Templates;

Json TemplateJson(const EmailTemplate& email, bool with_contents) {
  Json json = {{"EmailID", email.id},
               {"EmailName", email.name},
               {"Subject", email.subject},
               {"ContentType", core::Name(email.content)},
               {"CreatedAt", FormatDateTime(email.created_at)},
               {"UpdatedAt", FormatDateTime(email.updated_at)}};
  if (with_contents) {
    json["HTMLContent"] = email.html;
    json["PlainContent"] = email.plain;
  }
  return json;
}

Failure FailWith(const Call& call, const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Fail(call, Cause::kTemplateNotFound)
                                            : Fail(call, error);
}

Failure FailWith(const Call& call, TemplateProblem problem) {
  const bool html = problem == TemplateProblem::kHtmlMissing;
  return Fail(call, html ? Cause::kHtmlMissing : Cause::kPlainMissing);
}

Outcome Create(Templates& templates, const Call& call) {
  const auto& arguments = call.arguments;
  EmailTemplate email;
  email.user_id = call.caller.user_id;
  email.name = arguments.String("EmailName");
  email.subject = arguments.String("Subject");
  email.content = core::ParseTemplateContent(arguments.String("ContentType")).value();
  email.html = arguments.String("HTMLContent");
  email.plain = arguments.String("PlainContent");
  if (const auto problem = service::Check(email); problem != TemplateProblem::kNone) {
    return FailWith(call, problem);
  }
  const Result<int64_t> id = templates.Create(std::move(email));
  if (!id) return FailWith(call, id.error());
  return Json{{"EmailID", *id}};
}

Outcome Get(Templates& templates, const Call& call) {
  const auto email = templates.Get(call.caller.user_id, call.arguments.Integer("EmailID"));
  if (!email) return FailWith(call, email.error());
  return Json{{"Template", TemplateJson(*email, true)}};
}

Outcome Update(Templates& templates, const Call& call) {
  const auto& arguments = call.arguments;
  service::TemplateChange change;
  change.name = arguments.OptionalString("EmailName");
  change.subject = arguments.OptionalString("Subject");
  change.html = arguments.OptionalString("HTMLContent");
  change.plain = arguments.OptionalString("PlainContent");
  if (arguments.Has("ContentType")) {
    change.content = core::ParseTemplateContent(arguments.String("ContentType"));
  }
  TemplateProblem problem = TemplateProblem::kNone;
  const auto email =
      templates.Update(call.caller.user_id, arguments.Integer("EmailID"), change, problem);
  if (problem != TemplateProblem::kNone) return FailWith(call, problem);
  if (!email) return FailWith(call, email.error());
  return Json{{"Template", TemplateJson(*email, true)}};
}

Outcome Delete(Templates& templates, const Call& call) {
  const auto deleted = templates.Delete(call.caller.user_id, call.arguments.Integer("EmailID"));
  if (!deleted) return FailWith(call, deleted.error());
  return Json::object();
}

Outcome List(Templates& templates, const Call& call) {
  const auto found = templates.List(call.caller.user_id);
  if (!found) return FailWith(call, found.error());
  Json list = Json::array();
  for (const EmailTemplate& email : *found) list.push_back(TemplateJson(email, false));
  return Json{{"TotalTemplateCount", found->size()}, {"Templates", std::move(list)}};
}

}  // namespace

void AddTemplateHandlers(Handlers& handlers, Templates& templates) {
  Bind(handlers, templates, "useremailtemplate.create", Create);
  Bind(handlers, templates, "useremailtemplate.get", Get);
  Bind(handlers, templates, "useremailtemplate.update", Update);
  Bind(handlers, templates, "useremailtemplate.delete", Delete);
  Bind(handlers, templates, "useremailtemplates.get", List);
}

}  // namespace egd::api
