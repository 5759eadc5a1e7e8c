#include "cli/checked_domain.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string TextAt(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_string() ? Printable(value.get<std::string>()) : "";
}

}  // namespace

std::string CheckedRecord::Name() const {
  return purpose + " " + type + " " + host;
}

std::string CheckedRecord::Reason() const {
  if (Passes()) return "";
  std::string text = "expected \"" + expected + "\", found ";
  text += found.empty() ? "nothing" : "\"" + found + "\"";
  if (!error.empty()) text += ": " + error;
  return authority.empty() ? text : text + " (" + authority + ")";
}

bool CheckedDomain::Passes() const {
  return std::all_of(records.begin(), records.end(), [](const auto& r) { return r.Passes(); });
}

CheckedDomain CheckedDomainOf(const Json& body) {
  const Json domain = body.is_object() ? body.value("Domain", Json()) : Json();
  CheckedDomain checked{.name = TextAt(domain, "SenderDomain"), .records = {}};
  const Json::json_pointer path("/VerificationMeta/DNSRecords");
  if (!domain.is_object() || !domain.contains(path) || !domain[path].is_array()) return checked;
  for (const Json& record : domain[path]) {
    checked.records.push_back({.purpose = TextAt(record, "Purpose"),
                               .type = TextAt(record, "Type"),
                               .host = TextAt(record, "Host"),
                               .expected = TextAt(record, "Value"),
                               .status = TextAt(record, "Status"),
                               .found = TextAt(record, "Found"),
                               .error = TextAt(record, "Error")});
  }
  return checked;
}

size_t CountRecords(const std::vector<CheckedDomain>& domains) {
  size_t count = 0;
  for (const auto& domain : domains) count += domain.records.size();
  return count;
}

size_t CountRecords(const std::vector<CheckedDomain>& domains, const std::string& status) {
  size_t count = 0;
  for (const auto& domain : domains) {
    count += size_t(std::count_if(domain.records.begin(), domain.records.end(),
                                  [&](const auto& record) { return record.status == status; }));
  }
  return count;
}

}  // namespace egd::cli
