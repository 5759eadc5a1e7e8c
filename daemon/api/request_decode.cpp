#include "daemon/api/request_decode.h"

#include <algorithm>
#include <optional>

#include "daemon/api/bracketed_fields.h"
#include "shared/catalogue/command.h"
#include "shared/catalogue/json_text.h"

namespace egd::api {
namespace {

// Deep enough for any parameter here; nlohmann's parser and printer recurse.
constexpr catalogue::JsonLimits kBodyLimits{.depth = 64};

using Failure = std::optional<DecodeFailure>;

DecodeFailure Malformed(std::string text) {
  return {400, std::move(text)};
}

bool LooksLikeObject(std::string_view body) {
  return Trim(body).starts_with('{');
}

Failure AddJson(std::string_view body, Parameters& parameters) {
  std::string fault;
  auto json = catalogue::ParseJson(body, kBodyLimits, &fault);
  if (!json) return Malformed("The body " + fault);
  if (!json->is_object()) return Malformed("The body is not a JSON object");
  for (auto& [name, value] : json->get_ref<Json::object_t&>()) {
    if (!value.is_null()) parameters.insert_or_assign(name, std::move(value));
  }
  return std::nullopt;
}

Failure AddForm(std::optional<std::vector<FormField>> fields, Parameters& parameters) {
  if (!fields)
    return Malformed("The form is malformed, cut off or has more than " +
                     std::to_string(kMaxFormFields) + " fields");
  for (const auto& field : *fields) {
    const bool octets = catalogue::MayHoldOctets(field.name);
    if (!IsUtf8(field.name) || (!octets && !IsUtf8(field.value)))
      return Malformed("The form is not valid UTF-8");
  }
  if (!AddFields(std::move(*fields), parameters))
    return Malformed("A form field is nested too deep");
  return std::nullopt;
}

bool IsJsonType(std::string_view type) {
  return EqualsIgnoreCase(type, "application/json") ||
         (type.size() > 5 && EqualsIgnoreCase(type.substr(type.size() - 5), "+json"));
}

// UTF-8 by all the names it goes by; ASCII is a part of it. An empty label says nothing.
bool IsUtf8Label(std::string_view label) {
  label = Trim(label);
  return label.empty() || EqualsIgnoreCase(label, "utf-8") || EqualsIgnoreCase(label, "utf8") ||
         EqualsIgnoreCase(label, "us-ascii") || EqualsIgnoreCase(label, "ascii");
}

Failure AddBody(std::string_view content_type, std::string_view body, Parameters& parameters) {
  const std::string_view type = Trim(content_type.substr(0, content_type.find(';')));
  const auto charset = HeaderParameter(content_type, "charset");
  if (charset && !IsUtf8Label(*charset)) {
    return DecodeFailure{415, "The body must be in UTF-8"};
  }
  if (IsJsonType(type)) return AddJson(body, parameters);
  if (type.empty() || EqualsIgnoreCase(type, "application/x-www-form-urlencoded")) {
    return LooksLikeObject(body) ? AddJson(body, parameters)
                                 : AddForm(ParseUrlEncoded(body), parameters);
  }
  if (EqualsIgnoreCase(type, "multipart/form-data")) {
    const auto boundary = HeaderParameter(content_type, "boundary");
    return AddForm(ParseMultipart(body, boundary.value_or("")), parameters);
  }
  return DecodeFailure{
      415, "The body must be JSON, application/x-www-form-urlencoded or multipart/form-data"};
}

Json ToObject(Parameters parameters) {
  Json object = Json::object();
  auto& members = object.get_ref<Json::object_t&>();
  for (auto& [name, value] : parameters) members.emplace_back(name, std::move(value));
  return object;
}

}  // namespace

std::variant<Json, DecodeFailure> DecodeParameters(std::string_view query,
                                                   std::string_view content_type,
                                                   std::string_view body) {
  Parameters parameters;
  if (auto failure = AddForm(ParseUrlEncoded(query), parameters)) return *failure;
  if (!body.empty()) {
    if (auto failure = AddBody(content_type, body, parameters)) return *failure;
  }
  return ToObject(std::move(parameters));
}

}  // namespace egd::api
