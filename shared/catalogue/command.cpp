#include "shared/catalogue/command.h"

#include <algorithm>
#include <iterator>

#include "shared/base/strings.h"
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kPrefix = "emailgateway.";

constexpr ErrorEntry kGenericErrors[] = {
    {kCodeTooManyRequests, ErrorKind::kRateLimited, "Too many requests"},
    {kCodeInternal, ErrorKind::kInternal, "Internal error"},
    {kCodeUnknownCommand, ErrorKind::kNotFound, "Unknown command"},
    {kCodeMalformed, ErrorKind::kInvalidArgument, "A parameter has a malformed value"},
    {kCodeUnauthenticated, ErrorKind::kUnauthenticated, "Authentication failed or session expired"},
    {kCodeForbidden, ErrorKind::kForbidden, "Not permitted"},
};

void AddDryRun(Command& command) {
  command.params.push_back(
      {.name = kDryRun,
       .type = ParamType::kFlag,
       .help = "Try it: the answer is what it would be, without secrets, and nothing is changed"});
  command.results.push_back({std::string(kDryRun), FieldType::kBoolean,
                             "true, when it was only tried: nothing has changed", false});
}

std::vector<Command> Build() {
  std::vector<Command> all;
  for (auto entries :
       {AccountEntries,         BulkEntries,        CapturedEntries, DeliveryEntries,
        DomainEntries,          EmailEntries,       EventEntries,    InboundEntries,
        JourneyEntries,         KeyEntries,         ListEntries,     OperationEntries,
        RelayEntries,           ReportEntries,      SmtpEntries,     StatisticsEntries,
        SubjectEntries,         SuppressionEntries, TemplateEntries, TrackingEntries,
        WebhookDeliveryEntries, WebhookEntries}) {
    std::ranges::move(entries(), std::back_inserter(all));
  }
  for (Command& command : all) {
    if (command.changes == Changes::kStore) AddDryRun(command);
  }
  std::ranges::sort(all, {}, &Command::name);
  return all;
}

template <typename Rows>
const ErrorEntry* FindCode(const Rows& rows, int code) {
  const auto row = std::ranges::find(rows, code, &ErrorEntry::code);
  return row == std::end(rows) ? nullptr : &*row;
}

}  // namespace

std::string_view Command::CliName() const {
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

const Param* Command::Find(std::string_view param_name) const {
  const auto param = std::ranges::find_if(
      params, [&](const Param& p) { return EqualsIgnoreCase(p.name, param_name); });
  return param == params.end() ? nullptr : &*param;
}

const ErrorEntry* Command::FindError(int code) const {
  const ErrorEntry* own = FindOwnError(code);
  return own ? own : FindCode(kGenericErrors, code);
}

const ErrorEntry* Command::FindOwnError(int code) const {
  return FindCode(errors, code);
}

const ErrorEntry* Command::FindError(Cause cause) const {
  const auto row = std::ranges::find(errors, cause, &ErrorEntry::cause);
  return row == errors.end() ? nullptr : &*row;
}

const std::vector<Command>& All() {
  static const std::vector<Command> all = Build();
  return all;
}

bool MayHoldOctets(std::string_view param_name) {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> found;
    for (const Command& command : All()) {
      for (const Param& param : command.params) {
        if (param.octets) found.push_back(param.name);
      }
    }
    return found;
  }();
  return std::ranges::any_of(
      names, [&](std::string_view name) { return EqualsIgnoreCase(name, param_name); });
}

const Command* Find(std::string_view name) {
  const auto& all = All();
  const auto at = std::ranges::lower_bound(all, Lower(name), {}, &Command::name);
  return at != all.end() && EqualsIgnoreCase(at->name, name) ? &*at : nullptr;
}

const Command* FindCli(std::string_view cli_name) {
  const auto& all = All();
  const auto at = std::ranges::find_if(
      all, [&](const Command& c) { return EqualsIgnoreCase(c.CliName(), cli_name); });
  return at == all.end() ? nullptr : &*at;
}

Param DomainId(int missing_code) {
  return {.name = "DomainID",
          .type = ParamType::kInteger,
          .help = "The sender domain; egctl takes its name as well",
          .required = true,
          .missing_code = missing_code};
}

std::vector<Field> Under(std::string_view parent, const std::vector<Field>& fields) {
  std::vector<Field> nested = fields;
  for (Field& field : nested) field.path = std::string(parent) + "." + field.path;
  return nested;
}

std::vector<Field> Concat(std::vector<Field> fields, const std::vector<Field>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

}  // namespace egd::catalogue
