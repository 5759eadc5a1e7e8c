#include "cli/zone_check.h"

#include <algorithm>

#include "shared/base/strings.h"
#include "shared/mailrecord/dkim_record.h"
#include "shared/mailrecord/dmarc_record.h"
#include "shared/spf/evaluate.h"

namespace egd::cli {
namespace {

constexpr int kMostAliases = 8;  // of a chain, as resolvers follow them

using Records = std::vector<ZoneFileRecord>;

std::string Bare(std::string name) {
  while (name.ends_with('.')) name.pop_back();
  return Lower(name);
}

// A kind of TXT record of which a name has to have one.
struct Kind {
  const char* name;
  bool (*is_one)(std::string_view text);
};
constexpr Kind kSpf{"SPF", spf::IsSpf}, kDkim{"DKIM", mailrecord::IsDkimRecord},
    kDmarc{"DMARC", mailrecord::IsDmarcRecord};

const Kind* KindOf(const ZoneRecord& record) {
  if (record.type != "TXT") return nullptr;
  for (const Kind* kind : {&kSpf, &kDmarc, &kDkim}) {
    if (kind->is_one(record.value)) return kind;
  }
  return nullptr;
}

std::string LinesOf(const Records& records) {
  std::vector<std::string> lines;
  for (const ZoneFileRecord& record : records) lines.push_back(std::to_string(record.line));
  return (lines.size() == 1 ? "line " : "lines ") + Join(lines, ", ");
}

class Check {
 public:
  Check(const Zone& zone, const Records& records) : zone_(zone), records_(records) {}

  CheckedRecord Of(const ZoneRecord& needed) const {
    CheckedRecord checked{.purpose = needed.purpose,
                          .type = needed.type,
                          .host = needed.host,
                          .expected = needed.value,
                          .status = {},
                          .found = {},
                          .error = {}};
    const Records found = Candidates(needed);
    std::vector<std::string> values;
    for (const ZoneFileRecord& record : found) values.push_back(record.value);
    checked.found = Printable(Join(values, ", "));
    checked.error = Printable(ErrorOf(needed, found));
    checked.status = checked.error.empty() ? "pass" : "fail";
    return checked;
  }

 private:
  template <typename Predicate>
  Records Select(const std::string& owner, Predicate predicate) const {
    Records selected;
    for (const ZoneFileRecord& record : records_) {
      if (record.owner == owner && predicate(record)) selected.push_back(record);
    }
    return selected;
  }
  Records Find(const std::string& owner, const std::string& type) const {
    return Select(owner, [&](const ZoneFileRecord& record) { return record.type == type; });
  }
  Records FindKind(const std::string& owner, const Kind& kind) const {
    return Select(owner, [&](const ZoneFileRecord& record) {
      return record.type == "TXT" && kind.is_one(record.value);
    });
  }

  // What could be the record. Receivers ask the organisational domain where there is no policy.
  Records Candidates(const ZoneRecord& needed) const {
    const Kind* kind = KindOf(needed);
    if (!kind) return Find(needed.host, needed.type);
    Records found = FindKind(needed.host, *kind);
    return found.empty() && kind == &kDmarc ? FindKind("_dmarc." + zone_.name, kDmarc) : found;
  }

  std::string ErrorOf(const ZoneRecord& needed, const Records& found) const {
    const Records aliases = Find(needed.host, "CNAME");
    const Records others =
        Select(needed.host, [](const ZoneFileRecord& record) { return record.type != "CNAME"; });
    if (!aliases.empty() && !others.empty()) {
      return needed.host + " has a CNAME (" + LinesOf(aliases) + ") beside other records (" +
             LinesOf(others) + "): a name server will not load that";
    }
    if (found.empty()) return "the file has no such record" + MistakeOf(needed, aliases);
    if (needed.type == "CNAME") return ErrorOfAlias(needed, found);
    if (const Kind* kind = KindOf(needed)) return ErrorOfText(needed, *kind, found);
    const auto same = [&](const ZoneFileRecord& record) {
      return needed.type == "TXT" ? record.value == needed.value
                                  : Bare(record.value) == Bare(needed.value);
    };
    return std::ranges::any_of(found, same) ? "" : LinesOf(found) + " says something else";
  }

  std::string ErrorOfAlias(const ZoneRecord& needed, Records found) const {
    const std::string lines = LinesOf(found);
    if (found.size() > 1) return "there is more than one CNAME: " + lines;
    for (int i = 0; i < kMostAliases && found.size() == 1; ++i) {
      if (found[0].value == Bare(needed.value)) return {};
      found = Find(found[0].value, "CNAME");
    }
    return lines + " leads elsewhere";
  }

  std::string ErrorOfText(const ZoneRecord& needed, const Kind& kind, const Records& found) const {
    if (found.size() > 1) {
      return std::string("there is more than one ") + kind.name + " record, and receivers accept " +
             "only one: " + LinesOf(found);
    }
    const std::string& value = found[0].value;
    const std::string line = LinesOf(found) + " ";
    if (&kind == &kSpf) {
      const auto verdict =
          spf::Evaluate(needed.host, value, needed.value,
                        [&](const auto& name, auto question) { return LookUp(name, question); });
      if (verdict.outcome == spf::Verdict::Outcome::kPass) return {};
      return LinesOf(found) + ": " + verdict.reason;
    }
    const std::string problem = &kind == &kDkim
                                    ? mailrecord::CompareDkimRecords(value, needed.value)
                                    : mailrecord::CheckDmarcRecord(value);
    return problem.empty() ? "" : line + problem;
  }

  spf::Answer LookUp(const std::string& name, spf::Question question) const {
    const bool in_zone = name == zone_.name || name.ends_with("." + zone_.name);
    if (!in_zone) {
      if (question != spf::Question::kTxt) return {spf::Answer::Status::kFound};
      return {spf::Answer::Status::kFound, {"v=spf1 ?all"}};
    }
    const char* type = question == spf::Question::kTxt  ? "TXT"
                       : question == spf::Question::kMx ? "MX"
                                                        : "A";
    spf::Answer answer{spf::Answer::Status::kVoid};
    for (const ZoneFileRecord& record : Find(name, type)) answer.values.push_back(record.value);
    if (!answer.values.empty()) answer.status = spf::Answer::Status::kFound;
    return answer;
  }

  // What probably went wrong where the record is not there at all.
  std::string MistakeOf(const ZoneRecord& needed, const Records& aliases) const {
    if (!aliases.empty()) {
      return "; " + LinesOf(aliases) + " makes " + needed.host + " an alias of " +
             aliases[0].value + ", and an alias has no records of its own";
    }
    const Records doubled = Find(needed.host + "." + zone_.name, needed.type);
    if (!doubled.empty()) {
      return "; " + LinesOf(doubled) + " has it at " + doubled[0].owner +
             ": the name lacks its final dot";
    }
    const Records there = Select(needed.host, [](const auto&) { return true; });
    if (there.empty()) return {};
    return "; " + needed.host + " has only " + there[0].type + " (" + LinesOf(there) + ")";
  }

  const Zone& zone_;
  const Records& records_;
};

}  // namespace

std::vector<CheckedRecord> CheckZoneFile(const Zone& zone,
                                         const std::vector<ZoneFileRecord>& records) {
  const Check check(zone, records);
  std::vector<CheckedRecord> checked;
  for (const ZoneRecord& record : zone.records) checked.push_back(check.Of(record));
  return checked;
}

}  // namespace egd::cli
