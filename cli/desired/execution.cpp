#include "cli/desired/execution.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/desired/plan_text.h"
#include "cli/desired/progress_line.h"
#include "shared/base/encoding.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kPart = 10'000;       // addresses a request, as imports have them
constexpr size_t kPasswordBytes = 24;  // 192 random bits
constexpr int kExitSignal = 128;       // and the signal's number, as shells have it

bool IsEmpty(const Json& value) {
  return value.is_null() || (value.is_string() && value.get<std::string>().empty());
}

std::string SecretOf(const Item& item, const Json& answer) {
  const auto text = [&](const char* pointer) {
    return answer.value(Json::json_pointer(pointer), std::string());
  };
  if (item.kind == Kind::kApiKey) return text("/APIKey/APIKey") + "\n";
  std::string lines = "SMTP_USERNAME=" + text("/SMTP/SMTPUsername") +
                      "\nSMTP_PASSWORD=" + text("/SMTP/SMTPPassword") +
                      "\nSMTP_HOST=" + text("/SMTP/SMTPHost") + "\n";
  for (const Json& port : answer["SMTP"].value("SMTPPorts", Json::array())) {
    lines += (lines.ends_with('\n') ? "SMTP_PORTS=" : ",") + port.dump();
  }
  return lines.ends_with('\n') ? lines : lines + "\n";
}

}  // namespace

Execution::Execution(const Console& console, Gateway& gateway, std::string file, Secrets secrets,
                     std::ostream& text, const std::vector<Item>& present)
    : console_(console),
      gateway_(gateway),
      file_(std::move(file)),
      secrets_(std::move(secrets)),
      text_(text) {
  for (const Item& item : present) {
    if (item.kind == Kind::kDomain) domains_[{item.owner, item.Text("name")}] = item.id;
  }
}

int Execution::Run(const Plan& plan, Json& report) {
  console_.pause.CatchSignals();
  size_t index = 0;
  const auto carry = [&](const auto& change) {
    Json& entry = report["Changes"][index++];
    if (const int signal = console_.pause.Signal()) status_ = kExitSignal + signal;
    if (status_) return false;
    const bool done = Carry(change, entry);
    entry["Done"] = done;
    if (done) ++done_;
    if (!done) Complain(console_, "this failed: " + Headline(change) + Place(change));
    if (!done && !status_) status_ = gateway_.status();
    return done;
  };
  const auto all = [&](const auto& changes) { return std::ranges::all_of(changes, carry); };
  return all(plan.changes) && all(plan.suppressions) ? catalogue::kExitDone : status_;
}

// Where the document asks for it.
std::string Execution::Place(const Change& change) const {
  return change.item.line ? " (" + file_ + ":" + std::to_string(change.item.line) + ")" : "";
}
std::string Execution::Place(const SuppressionChange&) const {
  return " (" + file_ + ")";
}

bool Execution::Refused(const std::string& why) {
  Complain(console_, why);
  status_ = catalogue::kExitRefused;
  return false;
}

bool Execution::Carry(const Change& change, Json& report) {
  const Item& item = change.item;
  switch (change.action) {
    case Action::kCreate:
      if (item.kind == Kind::kUser) return CreateUser(item, report);
      if (item.kind == Kind::kApiKey || item.kind == Kind::kSmtpCredentials) {
        return CreateSecret(item, report);
      }
      return Create(item);
    case Action::kUpdate:
      return Update(change);
    case Action::kDelete:
      return Delete(item);
  }
  return false;
}

// What the Command that creates it takes.
Json Execution::Request(const Item& item) const {
  const Schema& schema = SchemaOf(item.kind);
  const auto& command = *catalogue::Find(schema.create);
  Json request = Json::object();
  if (schema.parent == Parent::kDomain) {
    const auto domain = domains_.find({item.owner, item.domain});
    request["DomainID"] = domain == domains_.end() ? 0 : domain->second;
  }
  for (const Property& property : schema.properties) {
    const auto value = item.values.find(std::string(property.key));
    if (value == item.values.end() || IsEmpty(*value) || !command.Find(property.param)) continue;
    request[std::string(property.param)] = *value;
  }
  return request;
}

std::optional<Json> Execution::Created(const Item& item, Json request) {
  const Schema& schema = SchemaOf(item.kind);
  auto answer = gateway_.Ask(schema.create, std::move(request), item.owner);
  if (!answer) return answer;
  const Json warning = answer->value("Warning", Json());
  if (warning.is_string()) Complain(console_, item.Name() + ": " + warning.get<std::string>());
  return answer;
}

bool Execution::Create(const Item& item) {
  const Schema& schema = SchemaOf(item.kind);
  const auto answer = Created(item, Request(item));
  if (!answer) return false;
  if (item.kind != Kind::kDomain) return true;
  Item created = item;
  created.id = answer->value(std::string(schema.new_id), int64_t(0));
  domains_[{item.owner, item.Text("name")}] = created.id;
  return SetRest(created);
}

// The settings that only the Command that changes it takes.
bool Execution::SetRest(const Item& item) {
  const Schema& schema = SchemaOf(item.kind);
  const auto& create = *catalogue::Find(schema.create);
  Change rest{Action::kUpdate, item, {}};
  for (const Property& property : schema.properties) {
    const std::string key(property.key);
    if (create.Find(property.param) || !item.values.contains(key)) continue;
    if (!IsEmpty(item.values[key])) rest.differences.push_back({key, Json(), item.values[key]});
  }
  return rest.differences.empty() || Update(rest);
}

bool Execution::CreateUser(const Item& item, Json& report) {
  Json request = Request(item);
  const std::string name = Lower(item.Text("username"));
  std::optional<SecretFile> file;
  std::string password;
  if (const auto given = secrets_.passwords.find(name); given != secrets_.passwords.end()) {
    password = given->second;
  } else {
    auto made = SecretFile::Create(secrets_.directory, item);
    if (!made) return Refused(made.error().public_text);
    file = *std::move(made);
    password = Base64Url(RandomBytes(kPasswordBytes));
  }
  request["Password"] = password;
  if (file && !Keep(*file, password + "\n", report)) return false;  // before somebody has it
  const auto answer = Created(item, std::move(request));
  if (!answer) {
    const bool refused = gateway_.status() == catalogue::kExitRefused;
    if (file && refused) std::filesystem::remove(file->name());
    return false;
  }
  gateway_.AddUser(name, answer->value("UserID", int64_t(0)));
  return true;
}

bool Execution::CreateSecret(const Item& item, Json& report) {
  auto file = SecretFile::Create(secrets_.directory, item);
  if (!file) return Refused(file.error().public_text);
  const auto answer = Created(item, Request(item));
  if (!answer) {
    if (gateway_.status() == catalogue::kExitUnreachable) {
      Complain(console_, item.Name() +
                             " may have been made, and its secret is lost: look, and "
                             "delete it before the file is applied again");
    }
    return false;
  }
  if (Keep(*file, SecretOf(item, *answer), report)) return true;
  Item lost = item;  // nobody has its secret: the next run makes another
  lost.id = answer->value(std::string(SchemaOf(item.kind).new_id), int64_t(0));
  Delete(lost);
  return false;
}

bool Execution::Keep(SecretFile& file, const std::string& secret, Json& report) {
  if (auto written = file.Write(secret); !written) return Refused(written.error().public_text);
  report["SecretFile"] = file.name();
  text_ << "wrote " << Printable(file.name()) << "\n";
  return true;
}

bool Execution::Update(const Change& change) {
  const Item& item = change.item;
  const Schema& schema = SchemaOf(item.kind);
  Json request = {{std::string(schema.id), item.id}};
  for (const Difference& difference : change.differences) {
    request[std::string(schema.Find(difference.key)->param)] = difference.after;
  }
  // A status without its reason has none, and new host names reset the status.
  for (const char* key : {"status", "status_reason"}) {
    const bool ours = item.kind == Kind::kDomain && gateway_.asker().is_admin;
    if (ours && item.values.contains(key)) {
      request[std::string(schema.Find(key)->param)] = item.values[key];
    }
  }
  const auto answer = gateway_.Ask(schema.update, std::move(request), item.owner);
  if (answer && answer->value("SubdomainChanged", false)) {
    Complain(console_, item.Name() + " has new DNS records to publish: see egctl dnsrecords");
  }
  return answer.has_value();
}

bool Execution::Delete(const Item& item) {
  const Schema& schema = SchemaOf(item.kind);
  Json request = {{std::string(schema.id), item.id}};
  if (item.kind == Kind::kList) request = {{"Lists", std::to_string(item.id)}};
  if (item.kind == Kind::kWebhook) request["DomainID"] = Request(item)["DomainID"];
  return gateway_.Ask(schema.remove, std::move(request), item.owner).has_value();
}

bool Execution::Carry(const SuppressionChange& change, Json&) {
  const bool imports = change.action == Action::kCreate;
  const auto& addresses = change.addresses;
  ProgressLine progress(console_, "sent", addresses.size());
  for (size_t sent = 0; sent < addresses.size(); sent += kPart) {
    if (sent > 0 && console_.pause.Signal() != 0) {
      status_ = kExitSignal + console_.pause.Signal();
      return false;
    }
    const auto begin = addresses.begin() + long(sent);
    const auto end = addresses.begin() + long(std::min(sent + kPart, addresses.size()));
    Json request = {{"EmailAddressesBulk", Join({begin, end}, "\n")}};
    if (imports && !change.source.empty()) request["SuppressionSource"] = change.source;
    if (imports && !change.reason.empty()) request["Reason"] = change.reason;
    const auto answer = gateway_.Ask(imports ? "suppression.import" : "suppression.delete",
                                     std::move(request), change.owner);
    if (!answer) return false;
    progress.Show(size_t(end - addresses.begin()));
    const Json failed = answer->value("FailedLines", Json::array());
    if (failed.empty()) continue;
    const auto line = failed[0].value("Line", int64_t(0));
    const bool known = line > 0 && line <= end - begin;
    return Refused((known ? *(begin + (line - 1)) : "an address") +
                   " was refused: " + failed[0].value("Error", "not a valid e-mail address"));
  }
  return true;
}

}  // namespace egd::cli
