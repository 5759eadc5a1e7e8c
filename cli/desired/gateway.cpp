#include "cli/desired/gateway.h"

#include "cli/printing.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// A value in the document's type: the gateway writes some booleans as 0 and 1.
Json InOurType(const Json& value, const Schema& schema, const Property& property) {
  if (property.param.empty()) return value;
  const auto type = schema.ParamOf(property).type;
  const bool is_flag =
      type == catalogue::ParamType::kBoolean || type == catalogue::ParamType::kFlag;
  if (is_flag) return value.is_boolean() ? value : Json(value.is_number() && value != 0);
  return value;
}

Item ItemOf(const Json& element, const Schema& schema) {
  Item item{.kind = schema.kind};
  for (const Property& property : schema.properties) {
    const Json::json_pointer pointer{std::string(property.reply)};
    if (!element.contains(pointer)) continue;
    item.values[std::string(property.key)] = InOurType(element[pointer], schema, property);
  }
  const Json id = element.is_object() ? element.value(std::string(schema.id), Json()) : Json();
  if (id.is_number_integer()) item.id = id.get<int64_t>();
  return item;
}

const catalogue::Command& CommandOf(std::string_view name) {
  return *catalogue::Find(name);
}

}  // namespace

bool Gateway::Fail(int status) {
  status_ = status;
  return false;
}

bool Gateway::FindAsker(const Json& acting) {
  const auto& all = CommandOf("users.get");
  const auto answer = session_.Ask(all, {{"RecordsPerRequest", 1}});
  if (!answer) return Fail(session_.Failed(answer.error()));
  asker_.is_admin = answer->refusals.empty();
  if (!asker_.is_admin && answer->refusals[0].kind != ErrorKind::kForbidden) {
    return Fail(session_.Refused(all, *answer));
  }
  asker_.sees_all = asker_.is_admin && acting.empty();
  const auto& current = CommandOf("user.current");
  const auto self = session_.Ask(current, acting);
  if (!self) return Fail(session_.Failed(self.error()));
  if (!self->refusals.empty()) {
    return asker_.sees_all ? true : Fail(session_.Refused(current, *self));
  }
  const Json info = self->body.value("UserInfo", Json::object());
  asker_.name = Lower(info.value("Username", ""));
  asker_.id = info.value("UserID", int64_t(0));
  users_[asker_.name] = asker_.id;
  return true;
}

std::optional<Json> Gateway::Ask(std::string_view name, Json request, const std::string& owner) {
  const auto& command = CommandOf(name);
  if (asker_.is_admin && !owner.empty()) request["UserID"] = users_[owner];
  const auto answer = session_.Ask(command, request);
  if (!answer) {
    status_ = session_.Failed(answer.error());
    return std::nullopt;
  }
  if (!answer->refusals.empty()) {
    status_ = session_.Refused(command, *answer);
    return std::nullopt;
  }
  return answer->body;
}

std::optional<std::vector<Item>> Gateway::List(const Schema& schema, Json request,
                                               const std::string& owner,
                                               const std::string& domain) {
  const auto body = Ask(schema.list, std::move(request), owner);
  if (!body) return std::nullopt;
  std::vector<Item> items;
  for (const Json& element : body->value(std::string(schema.elements), Json::array())) {
    Item item = ItemOf(element, schema);
    item.owner = owner;
    item.domain = domain;
    items.push_back(std::move(item));
  }
  return items;
}

std::optional<std::vector<Item>> Gateway::Users() {
  std::vector<Item> users;
  for (size_t read = size_t(kPage); read == size_t(kPage);) {
    const Json page = {{"RecordsFrom", users.size()}, {"RecordsPerRequest", kPage}};
    const auto found = List(SchemaOf(Kind::kUser), page, "", "");
    if (!found) return std::nullopt;
    read = found->size();
    users.insert(users.end(), found->begin(), found->end());
  }
  for (const Item& user : users) users_[Lower(user.Text("username"))] = user.id;
  return users;
}

std::optional<std::vector<Item>> Gateway::Of(const std::string& owner, const Schema& schema) {
  return List(schema, Json::object(), owner, "");
}

std::optional<std::vector<Item>> Gateway::Of(const Item& domain, const Schema& schema) {
  return List(schema, {{"DomainID", domain.id}}, domain.owner, domain.Text("name"));
}

bool Gateway::AddContents(Item& email_template) {
  const Json request = {{"EmailID", email_template.id}};
  const auto body = Ask("useremailtemplate.get", request, email_template.owner);
  if (!body) return false;
  const Json whole = body->value("Template", Json::object());
  email_template.values = ItemOf(whole, SchemaOf(Kind::kTemplate)).values;
  return true;
}

std::optional<Gateway::SuppressionPage> Gateway::Suppressions(const std::string& owner,
                                                              const std::string& pattern,
                                                              int64_t start) {
  const Json request = {{"SearchPattern", pattern}, {"StartFrom", start}, {"RetrieveCount", kPage}};
  const auto body = Ask("suppression.browse", request, owner);
  if (!body) return std::nullopt;
  SuppressionPage page;
  page.total = body->value("TotalRecords", int64_t(0));
  page.rows = Json::array();
  for (const Json& row : body->value("Suppressions", Json::array())) {
    if (!row.value("Erased", false)) page.rows.push_back(row);  // nobody can say which one it is
  }
  return page;
}

}  // namespace egd::cli
