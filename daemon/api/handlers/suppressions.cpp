#include "daemon/api/handlers/suppressions.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/audience/suppressions.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;
using service::Suppressions;

// The addresses a call names, in both forms; they refer to these two texts.
struct Addresses {
  explicit Addresses(const Call& call)
      : list(call.arguments.Strings("EmailAddresses")),
        bulk(call.arguments.String("EmailAddressesBulk")) {}

  bool Given() const { return !list.empty() || !bulk.empty(); }
  // First the list's, then the text's lines.
  service::AddressSource Read() const {
    return [this, at = size_t(0),
            rest = std::string_view(bulk)]() mutable -> std::optional<std::string_view> {
      if (at < list.size()) return list[at++];
      if (rest.empty()) return std::nullopt;
      const size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      return line;
    };
  }

  std::vector<std::string> list;
  std::string bulk;
};

Outcome Browse(Suppressions& suppressions, const Call& call) {
  const auto& arguments = call.arguments;
  const auto page = suppressions.List(
      call.caller.user_id, arguments.String("SearchPattern"), arguments.String("SuppressionSource"),
      arguments.Integer("StartFrom"), arguments.Integer("RetrieveCount"));
  if (!page) return Fail(call, page.error());
  Json list = Json::array();
  for (const auto& row : page->suppressions) {
    list.push_back({{"EmailAddress", row.address},
                    {"Erased", row.erased},
                    {"SuppressionSource", row.source},
                    {"Scope", row.scope},
                    {"Reason", row.reason},
                    {"CreatedAt", FormatDateTime(row.at)}});
  }
  return Json{{"TotalRecords", page->total}, {"Suppressions", std::move(list)}};
}

Outcome Import(Suppressions& suppressions, const Call& call) {
  const Addresses addresses(call);
  if (!addresses.Given()) return Fail(call, Cause::kAddressesMissing);
  const auto import = suppressions.Import(call.caller.user_id, addresses.Read(),
                                          call.arguments.String("SuppressionSource"),
                                          call.arguments.String("Reason"));
  if (!import) return Fail(call, import.error());
  Json failed = Json::array();
  for (const auto& line : import->failed_lines) {
    failed.push_back({{"Line", line.line}, {"Error", line.error}});
  }
  return Json{{"TotalData", import->total},
              {"TotalImported", import->imported},
              {"TotalDuplicates", import->duplicates},
              {"TotalFailed", import->failed},
              {"FailedLines", std::move(failed)}};
}

Outcome Delete(Suppressions& suppressions, const Call& call) {
  const Addresses addresses(call);
  if (!addresses.Given()) return Fail(call, Cause::kAddressesMissing);
  const auto deleted = suppressions.Delete(call.caller.user_id, addresses.Read());
  if (!deleted) return Fail(call, deleted.error());
  return Json{{"TotalDeleted", *deleted}};
}

Outcome Stats(Suppressions& suppressions, const Call& call) {
  const auto counts = suppressions.CountBySource(call.caller.user_id);
  if (!counts) return Fail(call, counts.error());
  int64_t total = 0;
  Json sources = Json::object();
  for (const auto& row : *counts) {
    total += row.count;
    sources[row.source] = row.count;
  }
  return Json{{"TotalSuppressions", total}, {"Sources", std::move(sources)}};
}

}  // namespace

void AddSuppressionHandlers(Handlers& handlers, Suppressions& suppressions) {
  Bind(handlers, suppressions, "suppression.browse", Browse);
  Bind(handlers, suppressions, "suppression.import", Import);
  Bind(handlers, suppressions, "suppression.delete", Delete);
  Bind(handlers, suppressions, "suppression.stats", Stats);
}

}  // namespace egd::api
