#include "daemon/mailauth/check_txt.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "daemon/core/host_name.h"
#include "shared/base/strings.h"
#include "shared/mailrecord/dkim_record.h"
#include "shared/mailrecord/dmarc_record.h"

namespace egd::mailauth {
namespace {

using core::DnsAnswer;
using core::DnsRecord;
using core::DnsStatus;
using core::DnsType;
using Strings = std::vector<std::string>;

constexpr std::string_view kDmarcLabel = "_dmarc.";

bool IsDkimHost(std::string_view host) {
  return host.find("._domainkey.") != std::string::npos;
}

template <typename Predicate>
Strings Select(const Strings& texts, Predicate predicate) {
  Strings selected;
  std::ranges::copy_if(texts, std::back_inserter(selected), predicate);
  return selected;
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
}

// What was meant by a value that was entered as it stands in a zone file: "v=spf1 …" "…",
// v=DMARC1\; …
std::string WithoutQuotes(std::string text) {
  for (const std::string_view curly : {"\u201c", "\u201d", "\u201e"}) Replace(text, curly, "\"");
  text = Trim(text);
  Replace(text, "\\;", ";");
  Replace(text, "\\\"", "\"");
  for (const std::string_view joint : {"\" \"", "\"\""}) Replace(text, joint, "");
  const bool single = text.size() > 1 && text.front() == '\'' && text.back() == '\'';
  if (single) text = text.substr(1, text.size() - 2);
  Replace(text, "\"", "");
  return std::string(Trim(text));
}

// Of one kind of record a name has to have one. `is_one`: a text is of this kind. `problem`: what
// is wrong with it, as the end of a sentence that begins with "The SPF record of example.com";
// empty: nothing.
struct Kind {
  std::string name;
  bool (*is_one)(std::string_view text);
};

std::string NotExactlyOne(const Strings& records, const Kind& kind, const std::string& host) {
  if (records.empty()) return host + " has no " + kind.name + " record.";
  return host + " has " + std::to_string(records.size()) + " " + kind.name +
         " records; receivers accept only one" +
         (kind.name == "SPF" ? ": join them into one." : ".");
}

template <typename Problem>
Verdict CheckSingle(const Kind& kind, const std::string& host, const DnsAnswer& answer,
                    Problem problem) {
  Verdict verdict{Select(answer.values, kind.is_one)};
  if (verdict.found.size() > 1) {
    verdict.error = NotExactlyOne(verdict.found, kind, host);
    return verdict;
  }
  if (verdict.found.size() == 1) {
    verdict.error = problem(verdict.found.front());
    if (verdict.error.empty()) return verdict;
  }
  for (const std::string& text : answer.values) {
    const std::string meant = WithoutQuotes(text);
    if (meant == text || !kind.is_one(meant)) continue;
    if (verdict.found.empty()) verdict.found = {text};
    verdict.error =
        "The " + kind.name + " record of " + host +
        " has quotation marks or backslashes in its value; enter the value without them.";
    return verdict;
  }
  if (verdict.found.empty()) verdict.error = NotExactlyOne(verdict.found, kind, host);
  return verdict;
}

std::string Sentence(const Kind& kind, const std::string& host, const std::string& problem) {
  return problem.empty() ? "" : "The " + kind.name + " record of " + host + " " + problem + ".";
}

// "v=spf1<tab>…": taken for a record by people only.
Verdict IgnoredSpf(const DnsRecord& record, const DnsAnswer& answer, Verdict verdict) {
  const auto mistaken = std::ranges::find_if(answer.values, spf::IsMistakenForSpf);
  if (!verdict.found.empty() || mistaken == answer.values.end()) return verdict;
  return {{*mistaken},
          record.host +
              " has no SPF record that receivers see: one begins with \"v=spf1\" and a space, or "
              "is \"v=spf1\" alone."};
}

Verdict CheckSpf(const DnsRecord& record, const DnsAnswer& answer, DnsFacts& facts) {
  const Kind kind{"SPF", spf::IsSpf};
  bool temporary = false;
  Verdict verdict =
      CheckSingle(kind, record.host, answer, [&](const std::string& text) -> std::string {
        const spf::Verdict outcome =
            spf::Evaluate(record.host, text, record.value, SpfLookUp(facts));
        switch (outcome.outcome) {
          case spf::Verdict::Outcome::kPass:
            return {};
          case spf::Verdict::Outcome::kMissing:
            return Sentence(kind, record.host, outcome.reason);
          case spf::Verdict::Outcome::kPermError:
            return "Receivers answer permerror to the SPF record of " + record.host + ": " +
                   outcome.reason + ".";
          case spf::Verdict::Outcome::kTempError:
            temporary = true;
            return "The SPF record of " + record.host +
                   " cannot be evaluated now: " + outcome.reason + ".";
        }
        return {};
      });
  verdict.temporary = temporary;
  return IgnoredSpf(record, answer, std::move(verdict));
}

Verdict CheckDkim(const DnsRecord& record, const DnsAnswer& answer) {
  const Kind kind{"DKIM", mailrecord::IsDkimRecord};
  return CheckSingle(kind, record.host, answer, [&](const std::string& text) {
    return Sentence(kind, record.host, mailrecord::CompareDkimRecords(text, record.value));
  });
}

Verdict CheckDmarcAt(const std::string& host, const DnsAnswer& answer) {
  const Kind kind{"DMARC", mailrecord::IsDmarcRecord};
  return CheckSingle(kind, host, answer, [&](const std::string& text) {
    return Sentence(kind, host, mailrecord::CheckDmarcRecord(text));
  });
}

Verdict CheckDmarc(const DnsRecord& record, const DnsAnswer& answer, DnsFacts& facts) {
  Verdict verdict = CheckDmarcAt(record.host, answer);
  if (!verdict.found.empty() || !record.host.starts_with(kDmarcLabel)) return verdict;
  const std::string domain = record.host.substr(kDmarcLabel.size());
  const std::string organisation = core::OrganisationalDomain(domain);
  if (organisation.empty() || organisation == domain) return verdict;
  const std::string above = std::string(kDmarcLabel) + organisation;
  const DnsAnswer& inherited = facts.Find(above, DnsType::kTxt);
  if (inherited.status == DnsStatus::kTempError) return Unanswered(above, inherited);
  Verdict policy = CheckDmarcAt(above, inherited);
  if (!policy.error.empty()) return policy.found.empty() ? verdict : policy;
  policy.found = {policy.found.front() + " (at " + above + ")"};
  return policy;
}

}  // namespace

spf::LookUp SpfLookUp(DnsFacts& facts) {
  return [&facts](const std::string& name, spf::Question question) -> spf::Answer {
    const DnsType type = question == spf::Question::kTxt  ? DnsType::kTxt
                         : question == spf::Question::kMx ? DnsType::kMx
                                                          : DnsType::kA;
    const DnsAnswer& answer = facts.Find(name, type);
    switch (answer.status) {
      case DnsStatus::kFound:
        return {spf::Answer::Status::kFound, answer.values};
      case DnsStatus::kNoData:
      case DnsStatus::kNxDomain:
        return {spf::Answer::Status::kVoid};
      case DnsStatus::kTempError:
        return {spf::Answer::Status::kTempError, {}, answer.detail};
    }
    return {};
  };
}

Verdict CheckTxt(const DnsRecord& record, DnsFacts& facts) {
  const DnsAnswer& answer = facts.Find(record.host, DnsType::kTxt);
  if (answer.status == DnsStatus::kTempError) return Unanswered(record.host, answer);
  if (mailrecord::IsDmarcRecord(record.value)) return CheckDmarc(record, answer, facts);
  if (answer.status == DnsStatus::kNxDomain)
    return {{}, record.host + " does not exist in the DNS."};
  if (spf::IsSpf(record.value)) return CheckSpf(record, answer, facts);
  if (IsDkimHost(record.host)) return CheckDkim(record, answer);
  const auto is_ours = [&](const std::string& text) { return Trim(text) == Trim(record.value); };
  if (std::ranges::any_of(answer.values, is_ours)) return {answer.values};
  if (std::ranges::any_of(answer.values,
                          [&](const std::string& text) { return is_ours(WithoutQuotes(text)); })) {
    return {answer.values,
            "The TXT record of " + record.host +
                " has quotation marks or backslashes in its value; enter the value without them."};
  }
  return {answer.values, "No TXT record of " + record.host + " is " + record.value + "."};
}

}  // namespace egd::mailauth
