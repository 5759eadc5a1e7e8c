// `egctl dnsrecords`: what a domain has to publish, in the form that a name server or DNS tool
// takes. A call of getdomain, and for --merge-spf a look-up of the SPF record that is there.
#include <ostream>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/printing.h"
#include "cli/request.h"
#include "cli/run.h"
#include "cli/session.h"
#include "cli/spf_merge.h"
#include "cli/txt_lookup.h"
#include "cli/zone.h"
#include "cli/zone_check.h"
#include "cli/zone_file.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"
#include "shared/spf/evaluate.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr const char* kName = "dnsrecords";

const Command& GetDomain() {
  return *catalogue::Find("emailgateway.getdomain");
}

Result<std::string> FormatOf(const Console& console, const Words& words) {
  const std::vector<std::string> known = {
      "table",   "bind",      "json", "terraform", "terraform-route53", "terraform-cloudflare",
      "octodns", "dnscontrol"};
  const auto format = words.One("--format");
  if (!format) return std::string(console.out_is_terminal ? "table" : "json");
  for (const std::string& name : known) {
    if (EqualsIgnoreCase(name, *format)) return name;
  }
  return InvalidArgument("--format must be one of " + Join(known, ", "));
}

std::string TextOf(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_string() ? Printable(value.get<std::string>()) : "";
}

std::string Bare(std::string name) {
  while (name.ends_with('.')) name.pop_back();
  return Lower(name);
}

Result<Zone> ZoneOf(const Words& words, const Json& body) {
  const Json domain = body.value("Domain", Json());
  Zone zone{.domain = TextOf(domain, "SenderDomain"), .name = TextOf(domain, "SenderDomain")};
  if (const auto name = words.One("--zone")) zone.name = Bare(*name);
  const Json::json_pointer path("/VerificationMeta/DNSRecords");
  const Json records = domain.is_object() && domain.contains(path) ? domain[path] : Json::array();
  for (const Json& record : records) {
    zone.records.push_back({.purpose = TextOf(record, "Purpose"),
                            .host = Bare(TextOf(record, "Host")),
                            .type = TextOf(record, "Type"),
                            .value = TextOf(record, "Value"),
                            .required = record.value("Required", Json(true)) != false});
    const std::string& host = zone.records.back().host;
    if (host != zone.name && !host.ends_with("." + zone.name)) {
      return InvalidArgument(host + " is not in the zone " + zone.name);
    }
  }
  return zone;
}

// Whether receivers could evaluate the joined record, as far as the DNS says what is behind its
// includes; `ask` false: the words alone.
void WarnOfLimits(Console& console, const ZoneRecord& record, const std::string& needed,
                  const std::optional<NameServer>& server, bool ask) {
  const spf::LookUp look_up = [&](const std::string& name, spf::Question question) -> spf::Answer {
    // Addresses and mail hosts are the name server's business: verifydomain looks at those.
    if (question != spf::Question::kTxt) return {spf::Answer::Status::kFound};
    if (!ask) return {};
    auto texts = LookUpTxt(name, server);
    if (!texts) return {};
    const auto status = texts->empty() ? spf::Answer::Status::kVoid : spf::Answer::Status::kFound;
    return {status, *std::move(texts)};
  };
  const spf::Verdict verdict = spf::Evaluate(record.host, record.value, needed, look_up);
  if (verdict.outcome != spf::Verdict::Outcome::kPermError) return;
  if (verdict.lookups > spf::kMaxLookups) {
    Complain(console, "the SPF record of " + record.host +
                          " needs more than ten DNS look-ups: receivers will refuse it");
  } else {
    Complain(console,
             "receivers will refuse the SPF record of " + record.host + ": " + verdict.reason);
  }
}

// Puts the joined record in place of ours.
Result<void> MergeSpfRecords(Console& console, const Words& words, Zone& zone) {
  std::optional<NameServer> server;
  if (const auto text = words.One("--dns-server")) server = ParseNameServer(*text);
  for (ZoneRecord& record : zone.records) {
    if (record.type != "TXT" || !spf::IsSpf(record.value)) continue;
    const auto existing = words.One("--existing-spf");
    std::vector<std::string> texts;
    if (existing) {
      texts = {*existing};
    } else {
      auto found = LookUpTxt(record.host, server);
      if (!found) return found.error();
      texts = *std::move(found);
    }
    const auto merged = MergeSpf(texts, record.value);
    if (!merged) return merged.error();
    const std::string needed = std::exchange(record.value, *merged);
    WarnOfLimits(console, record, needed, server, !existing || server);
  }
  return {};
}

int ExitOf(const Error& error) {
  if (error.kind == ErrorKind::kConflict) return catalogue::kExitDnsWrong;
  if (error.kind == ErrorKind::kUnavailable) return catalogue::kExitDnsTemporary;
  return ExitCode(error.kind);
}

// Each value whole on a line of its own, however long: a line break would end up in the zone.
std::string ToCopy(const Zone& zone, const Page& page) {
  std::string text;
  for (const ZoneRecord& record : zone.records) {
    const std::string head = record.purpose + "  " + record.type + "  " + record.host;
    text += (text.empty() ? "" : "\n") + page.Painted(Printable(head), Tone::kStrong) + "\n" +
            Printable(record.value) + "\n";
  }
  return text;
}

int PrintZone(const Console& console, const Zone& zone, const std::string& format,
              Printing printing, bool as_output) {
  if (!as_output && !printing.field) {
    if (format == "bind") console.out << BindText(zone);
    if (format == "terraform" || format == "terraform-route53") {
      console.out << Route53Text(zone);
    }
    if (format == "terraform-cloudflare") console.out << CloudflareText(zone);
    if (format == "octodns") console.out << OctodnsText(zone);
    if (format == "dnscontrol") console.out << DnscontrolText(zone);
    if (format != "table" && format != "json") return Flush(console);
    printing.format = format == "table" ? Format::kTable : Format::kJson;
  }
  if (printing.format == Format::kTable && !printing.field) {
    console.out << ToCopy(zone, printing.page);
    return Flush(console);
  }
  const Json body = ZoneJson(zone);
  return Print(console, GetDomain(), printing, body, RenderJson(body, -1) + "\n");
}

std::string SettingOf(const Words& words, const char* option) {
  return words.One(option).value_or("");
}

// What --check names: a file that no name server would load is a mistake of the command line.
Result<std::vector<ZoneFileRecord>> ReadZoneFile(const Console& console, const Words& words,
                                                 const std::string& origin) {
  const std::string file = SettingOf(words, "--check");
  const auto text = console.input.Read(file);
  if (!text) return text.error();
  auto records = ParseZoneFile(*text, origin);
  if (!records) return InvalidArgument(file + ": " + records.error().public_text);
  return records;
}

// The verdicts, as verifydomain gives them; 6 when a required record is missing or wrong.
int PrintCheck(const Console& console, const Zone& zone, const std::vector<ZoneFileRecord>& file,
               Printing printing, const Words& words) {
  Json body{{"Domain", zone.domain},
            {"Zone", zone.name},
            {"File", SettingOf(words, "--check")},
            {"DNSRecords", Json::array()}};
  bool passes = true;
  const auto checked = CheckZoneFile(zone, file);
  for (size_t i = 0; i < checked.size(); ++i) {
    const CheckedRecord& record = checked[i];
    passes = passes && (record.Passes() || !zone.records[i].required);
    body["DNSRecords"].push_back({{"Purpose", record.purpose},
                                  {"Host", record.host},
                                  {"Type", record.type},
                                  {"Value", record.expected},
                                  {"Status", record.status},
                                  {"Found", record.found},
                                  {"Error", record.error},
                                  {"Required", zone.records[i].required}});
  }
  // A table is that of the domain which these records are for.
  const Json table{{"Domain",
                    {{"SenderDomain", zone.domain},
                     {"VerificationMeta", {{"DNSRecords", body["DNSRecords"]}}}}}};
  const Json& shown = printing.format == Format::kTable ? table : body;
  const int printed = Print(console, GetDomain(), printing, shown, RenderJson(body, -1) + "\n");
  return printed ? printed : passes ? catalogue::kExitDone : catalogue::kExitDnsWrong;
}

Result<void> CheckWords(const Words& words) {
  const auto existing = words.One("--existing-spf");
  if (existing && !spf::IsSpf(*existing))
    return InvalidArgument("--existing-spf must begin with v=spf1");
  const auto server = words.One("--dns-server");
  if (server && !ParseNameServer(*server)) {
    return InvalidArgument(
        "--dns-server must be an address, with a port as 192.0.2.1:5353 or [2001:db8::1]:5353");
  }
  if (words.Has("--check") && words.Has("--format")) {
    return InvalidArgument("--check prints verdicts, in the form that -o says: leave --format out");
  }
  const auto ttl = words.One("--ttl");
  const auto seconds = ttl ? ParseInteger(*ttl) : std::nullopt;
  if (ttl && (!seconds || *seconds < 0 || *seconds > INT32_MAX)) {
    return InvalidArgument("--ttl must be a number of seconds");
  }
  return {};
}

struct Plan {
  Words words;
  std::string format;
  Printing printing;
  Json request;
};

Result<Words> WordsOf(const std::vector<std::string>& arguments) {
  auto options = catalogue::OptionsOf(GetDomain());
  for (const catalogue::OwnCommand& own : catalogue::OwnCommands()) {
    if (own.name == kName) options.insert(options.end(), own.options.begin(), own.options.end());
  }
  const auto& globals = catalogue::GlobalOptions();
  options.insert(options.end(), globals.begin(), globals.end());
  return ParseWords(options, arguments);
}

Result<Plan> PlanOf(Console& console, const std::vector<std::string>& arguments) {
  auto words = WordsOf(arguments);
  if (!words) return words.error();
  if (auto checked = CheckWords(*words); !checked) return checked.error();
  auto format = FormatOf(console, *words);
  if (!format) return format.error();
  Words rest = *words;
  rest.options.erase("--field");  // its fields are not those of getdomain
  auto printing = PrintingOf(console, GetDomain(), rest);
  if (!printing) return printing.error();
  printing->field = words->One("--field");
  auto request = BuildRequest(GetDomain(), *words, console.input);
  if (!request) return request.error();
  if (auto acting = ActForUser(*words, *request); !acting) return acting.error();
  return Plan{*std::move(words), *std::move(format), *std::move(printing), *std::move(request)};
}

}  // namespace

int DnsRecords(Console& console, const std::vector<std::string>& arguments) {
  auto plan = PlanOf(console, arguments);
  if (!plan) return UsageError(console, plan.error().public_text, kName);
  const Words& words = plan->words;
  auto session = Session::Open(console, words);
  if (!session) return UsageError(console, session.error().public_text, kName);
  if (const auto status = session->ResolveDomain(plan->request)) return *status;
  const auto answer = session->Ask(GetDomain(), plan->request);
  if (!answer) return session->Failed(answer.error());
  if (!answer->refusals.empty()) return session->Refused(GetDomain(), *answer);
  auto zone = ZoneOf(words, answer->body);
  if (!zone) return UsageError(console, zone.error().public_text, kName);
  if (const auto ttl = words.One("--ttl")) zone->ttl = *ParseInteger(*ttl);
  if (words.Has("--merge-spf") || words.Has("--existing-spf")) {
    if (auto merged = MergeSpfRecords(console, words, *zone); !merged) {
      Complain(console, merged.error().public_text);
      return ExitOf(merged.error());
    }
  }
  if (words.Has("--check")) {
    const auto file = ReadZoneFile(console, words, zone->name);
    if (!file) return UsageError(console, file.error().public_text, kName);
    return PrintCheck(console, *zone, *file, plan->printing, words);
  }
  const bool as_output = words.Has("--output") && !words.Has("--format");
  return PrintZone(console, *zone, plan->format, plan->printing, as_output);
}

}  // namespace egd::cli
