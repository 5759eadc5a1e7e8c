#include "daemon/mailauth/check_record.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <arpa/inet.h>

#include "daemon/mailauth/dkim_record.h"
#include "daemon/mailauth/dmarc_record.h"
#include "shared/base/strings.h"

namespace egd::mailauth {
namespace {

constexpr size_t kMaxFoundBytes = 1000;  // a page of text; a 4096-bit DKIM record needs 750

constexpr std::pair<std::string_view, core::DnsType> kTypes[] = {{"A", core::DnsType::kA},
                                                                 {"AAAA", core::DnsType::kAaaa},
                                                                 {"CNAME", core::DnsType::kCname},
                                                                 {"MX", core::DnsType::kMx},
                                                                 {"TXT", core::DnsType::kTxt}};

using Strings = std::vector<std::string>;

// The outcome of one comparison: an empty error passes.
struct Verdict {
  Strings found;
  std::string error;
};

std::string WithoutDot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return Lower(name);
}

bool IsDkimHost(std::string_view host) {
  return host.find("._domainkey.") != std::string::npos;
}

template <typename Predicate>
Strings Select(const Strings& texts, Predicate predicate) {
  Strings selected;
  std::copy_if(texts.begin(), texts.end(), std::back_inserter(selected), predicate);
  return selected;
}

// For kinds of which a name may have one record only.
std::string NotExactlyOne(const Strings& records, const std::string& kind,
                          const std::string& host) {
  if (records.empty()) return host + " has no " + kind + " record.";
  return host + " has " + std::to_string(records.size()) + " " + kind +
         " records; receivers accept only one.";
}

std::string SpfError(const std::string& host, const std::string& found, const std::string& ours,
                     const FetchTxt& fetch) {
  const auto record = ParseSpf(found), required = ParseSpf(ours);
  if (!record) return "The SPF record of " + host + " is malformed.";
  const std::string missing = required ? MissingMechanism(*record, *required) : ours;
  if (!missing.empty()) return "The SPF record of " + host + " lacks " + missing + ".";
  if (!NeedsTooManyLookups(*record, fetch)) return {};
  return "The SPF record of " + host + " needs more than " + std::to_string(kMaxSpfLookups) +
         " DNS lookups; receivers stop there.";
}

Verdict JudgeSpf(const core::DnsRecord& record, const core::DnsAnswer& answer,
                 const FetchTxt& fetch) {
  Verdict verdict{Select(answer.values, IsSpf), {}};
  verdict.error = verdict.found.size() == 1
                      ? SpfError(record.host, verdict.found.front(), record.value, fetch)
                      : NotExactlyOne(verdict.found, "SPF", record.host);
  return verdict;
}

Verdict JudgeDkim(const core::DnsRecord& record, const core::DnsAnswer& answer) {
  Verdict verdict{Select(answer.values, IsDkimRecord), {}};
  if (verdict.found.size() != 1) {
    verdict.error = NotExactlyOne(verdict.found, "DKIM", record.host);
    return verdict;
  }
  const std::string problem = CompareDkimRecords(verdict.found.front(), record.value);
  if (!problem.empty()) verdict.error = "The DKIM record of " + record.host + " " + problem + ".";
  return verdict;
}

Verdict JudgeDmarc(const core::DnsRecord& record, const core::DnsAnswer& answer) {
  Verdict verdict{Select(answer.values, IsDmarcRecord), {}};
  if (verdict.found.size() != 1) {
    verdict.error = NotExactlyOne(verdict.found, "DMARC", record.host);
    return verdict;
  }
  const std::string problem = CheckDmarcRecord(verdict.found.front());
  if (!problem.empty()) verdict.error = "The DMARC record of " + record.host + " " + problem + ".";
  return verdict;
}

// Records of which a name may have many: one of them has to be ours.
template <typename Matches>
Verdict JudgeAny(const core::DnsRecord& record, const Strings& found, Matches matches) {
  if (std::any_of(found.begin(), found.end(), matches)) return {found, {}};
  return {found, "No " + record.type + " record of " + record.host + " is " + record.value + "."};
}

Verdict JudgeTxt(const core::DnsRecord& record, const core::DnsAnswer& answer,
                 const FetchTxt& fetch) {
  if (IsSpf(record.value)) return JudgeSpf(record, answer, fetch);
  if (IsDkimHost(record.host)) return JudgeDkim(record, answer);
  if (IsDmarcRecord(record.value)) return JudgeDmarc(record, answer);
  return JudgeAny(record, answer.values,
                  [&](const std::string& text) { return Trim(text) == Trim(record.value); });
}

Verdict JudgeCname(const core::DnsRecord& record, const core::DnsAnswer& answer) {
  const std::string& target = answer.values.front();
  if (WithoutDot(target) == WithoutDot(record.value)) return {answer.values, {}};
  return {answer.values,
          record.host + " points at " + target + "; it has to point at " + record.value + "."};
}

// "10 mx.example.com", or the exchange alone.
Verdict JudgeMx(const core::DnsRecord& record, const core::DnsAnswer& answer) {
  Strings found;
  for (size_t i = 0; i < answer.values.size(); ++i) {
    found.push_back(std::to_string(answer.preferences[i]) + " " + WithoutDot(answer.values[i]));
  }
  const std::string ours = WithoutDot(Trim(record.value));
  const bool any_preference = ours.find(' ') == std::string::npos;
  return JudgeAny(record, found, [&](const std::string& theirs) {
    return any_preference ? theirs.substr(theirs.find(' ') + 1) == ours : theirs == ours;
  });
}

// In wire form, since "::1" has many spellings; empty when it is no address.
std::string AddressBytes(const std::string& text, int family) {
  std::array<char, 16> bytes{};
  if (inet_pton(family, text.c_str(), bytes.data()) != 1) return {};
  return std::string(bytes.data(), family == AF_INET ? 4 : 16);
}

Verdict JudgeAddress(const core::DnsRecord& record, const core::DnsAnswer& answer, int family) {
  const std::string ours = AddressBytes(record.value, family);
  return JudgeAny(record, answer.values, [&](const std::string& text) {
    return !ours.empty() && AddressBytes(text, family) == ours;
  });
}

Verdict JudgeFound(const core::DnsRecord& record, core::DnsType type, const core::DnsAnswer& answer,
                   const FetchTxt& fetch) {
  switch (type) {
    case core::DnsType::kA:
      return JudgeAddress(record, answer, AF_INET);
    case core::DnsType::kAaaa:
      return JudgeAddress(record, answer, AF_INET6);
    case core::DnsType::kCname:
      return JudgeCname(record, answer);
    case core::DnsType::kMx:
      return JudgeMx(record, answer);
    case core::DnsType::kTxt:
      return JudgeTxt(record, answer, fetch);
  }
  return {{}, "Records of type " + record.type + " cannot be checked."};
}

Verdict JudgeAnswer(const core::DnsRecord& record, const core::DnsAnswer& answer,
                    const FetchTxt& fetch) {
  const auto type = QuestionType(record);
  if (!type) return {{}, "Records of type " + record.type + " cannot be checked."};
  if (answer.status == core::DnsStatus::kNxDomain) {
    return {{}, record.host + " does not exist in the DNS."};
  }
  if (answer.status == core::DnsStatus::kNoData || answer.values.empty()) {
    return {{}, record.host + " has no " + record.type + " record."};
  }
  return JudgeFound(record, *type, answer, fetch);
}

// Cut between characters.
std::string Bounded(std::string text) {
  if (text.size() <= kMaxFoundBytes) return text;
  size_t end = kMaxFoundBytes;
  while (end > 0 && (uint8_t(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::optional<core::DnsType> QuestionType(const core::DnsRecord& record) {
  for (const auto& [name, type] : kTypes) {
    if (record.type == name) return type;
  }
  return std::nullopt;
}

void CheckRecord(core::DnsRecord& record, const core::DnsAnswer& answer, const FetchTxt& fetch,
                 UnixMillis now) {
  record.last_checked_at = now;
  record.found.clear();
  if (answer.status == core::DnsStatus::kTempError) {
    record.status = core::RecordStatus::kTempError;
    record.error = "The DNS did not answer for " + record.host + ": " + answer.detail + ".";
    return;
  }
  Verdict verdict = JudgeAnswer(record, answer, fetch);
  record.status = verdict.error.empty() ? core::RecordStatus::kPass : core::RecordStatus::kFail;
  record.found = Bounded(Printable(Join(verdict.found, ", ")));
  record.error = Bounded(Printable(verdict.error));
}

}  // namespace egd::mailauth
