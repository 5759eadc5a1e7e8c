// What a document can describe: one row a kind of thing, one row a setting. Each names the Commands
// that list, create, change and delete it; types, limits and choices are the catalogue's. Immutable,
// thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "shared/catalogue/command.h"

namespace egd::cli {

enum class Kind { kUser, kDomain, kApiKey, kSmtpCredentials, kWebhook, kTemplate, kList };

// Whose a thing is.
enum class Parent { kGateway, kUser, kDomain };

struct Property {
  std::string_view key;    // in the document; "options.subdomain" is in the table `options`
  std::string_view param;  // of the Commands; empty: shown in a plan, and not to be set
  std::string_view reply;  // JSON pointer into an element of what `list` answers
  bool identifies = false;
  bool ignores_case = false;
  bool admin_only = false;
};

struct Schema {
  Kind kind;
  Parent parent;
  std::string_view key;                                     // the document's list: "domains"
  std::string_view singular;                                // for people: "domain"
  std::string_view list, create, update = {}, remove = {};  // Commands; empty: it cannot be
  std::string_view elements;                                // of the list's answer: "Domains"
  std::string_view id, new_id;  // in an element, and in the answer of `create`; "DomainID"
  std::vector<Property> properties;

  const Property* Find(std::string_view property) const;
  // The parameter that the property sets, of whichever Command has it.
  const catalogue::Param& ParamOf(const Property& property) const;
};

// Parents before what belongs to them: in this order things are created.
const std::vector<Schema>& Schemas();
const Schema& SchemaOf(Kind kind);

}  // namespace egd::cli
