#include "daemon/reports/dmarc_report.h"

#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include <expat.h>

#include "daemon/core/host_name.h"
#include "daemon/core/ip_network.h"
#include "shared/base/strings.h"

namespace egd::reports {
namespace {

constexpr size_t kMostElementText = 4096;
constexpr int64_t kMostSeconds = 253'402'300'799;  // the year 9999

struct Free {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using Parser = std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free>;

// "feedback/record/row" and so on, without namespaces.
class ReportReader {
 public:
  Result<DmarcReport> Read(std::string_view xml) {
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), OnStart, OnEnd);
    XML_SetCharacterDataHandler(parser_.get(), OnText);
    XML_SetStartDoctypeDeclHandler(parser_.get(), OnDoctype);
    const auto status = XML_Parse(parser_.get(), xml.data(), int(xml.size()), XML_TRUE);
    if (status != XML_STATUS_OK) {
      if (problem_.empty()) {
        problem_ = std::string("is no XML: ") + XML_ErrorString(XML_GetErrorCode(parser_.get()));
      }
      return InvalidArgument(problem_);
    }
    return Finish();
  }

 private:
  static ReportReader& Of(void* self) { return *static_cast<ReportReader*>(self); }
  static void OnStart(void* self, const char* name, const char**) { Of(self).Start(name); }
  static void OnEnd(void* self, const char*) { Of(self).End(); }
  static void OnText(void* self, const char* text, int size) {
    Of(self).Text({text, size_t(size)});
  }
  static void OnDoctype(void* self, const char*, const char*, const char*, int) {
    Of(self).Stop("has a document type, which no report needs");
  }

  void Stop(std::string problem) {
    if (!problem_.empty()) return;
    problem_ = std::move(problem);
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void Start(std::string_view name) {
    if (lengths_.size() >= kMostXmlDepth || name.size() > kMostReportText) {
      return Stop("is no aggregate report");
    }
    if (const size_t colon = name.rfind(':'); colon != name.npos) name.remove_prefix(colon + 1);
    lengths_.push_back(path_.size());
    path_ += '/';
    path_ += name;
    text_.clear();
    if (path_ == "/feedback/record") row_ = {};
  }

  void Text(std::string_view text) {
    if (text_.size() + text.size() > kMostElementText) return;  // no field of ours is that long
    text_ += text;
  }

  void End() {
    if (!problem_.empty()) return;
    Take(std::string(Trim(text_)));
    text_.clear();
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }

  static std::string Bounded(std::string_view text) {
    return Printable(text.substr(0, kMostReportText));
  }

  void Take(const std::string& value) {
    constexpr std::string_view kMetadata = "/feedback/report_metadata/";
    constexpr std::string_view kPolicy = "/feedback/policy_published/";
    constexpr std::string_view kRecord = "/feedback/record";
    const std::string_view path = path_;
    if (path.starts_with(kMetadata)) {
      TakeMetadata(path.substr(kMetadata.size()), value);
    } else if (path == "/feedback/policy_published/domain") {
      report_.domain = core::NormalizeDomainName(value).value_or("");
    } else if (path.starts_with(kPolicy) && path.ends_with("/p")) {
      report_.policy = Bounded(Lower(value));
    } else if (path == kRecord) {
      Add();
    } else if (path.starts_with(kRecord)) {
      TakeOfRow(path.substr(kRecord.size()), value);
    }
  }

  void TakeMetadata(std::string_view name, const std::string& value) {
    if (name == "org_name") report_.organisation = Bounded(value);
    if (name == "report_id") report_.report_id = Bounded(value);
    if (name == "date_range/begin") report_.begins_at = Seconds(value);
    if (name == "date_range/end") report_.ends_at = Seconds(value);
  }

  static UnixMillis Seconds(const std::string& text) {
    const auto seconds = ParseInteger(text);
    return seconds && *seconds > 0 && *seconds <= kMostSeconds ? *seconds * 1000 : 0;
  }

  void TakeOfRow(std::string_view name, const std::string& value) {
    const auto is = [&value](std::string_view word) { return EqualsIgnoreCase(value, word); };
    if (name == "/row/source_ip") {
      const auto address = core::IpAddress::Parse(value);
      if (!address) return Stop("names a source that is no IP address");
      row_.source = address->ToString();
    } else if (name == "/row/count") {
      const auto count = ParseInteger(value);
      if (!count || *count < 0 || *count > kMostRowMessages)
        return Stop("has a row without a count");
      row_.messages = *count;
    } else if (name == "/row/policy_evaluated/disposition") {
      row_.disposition = is("reject")       ? Disposition::kReject
                         : is("quarantine") ? Disposition::kQuarantine
                                            : Disposition::kNone;
    } else if (name == "/row/policy_evaluated/dkim") {
      row_.dkim = is("pass");
    } else if (name == "/row/policy_evaluated/spf") {
      row_.spf = is("pass");
    } else if (name == "/identifiers/header_from") {
      row_.header_from = core::NormalizeDomainName(value).value_or("");
    }
  }

  void Add() {
    if (row_.source.empty()) return Stop("has a row without a source");
    if (row_.messages == 0) return;
    auto found = rows_.find(KeyOf(row_));
    if (found == rows_.end() && rows_.size() >= kMostDmarcRows) {
      row_.source.clear();
      row_.header_from.clear();
    }
    rows_[KeyOf(row_)] += row_.messages;
  }

  using Key = std::tuple<std::string, std::string, Disposition, bool, bool>;
  static Key KeyOf(const DmarcRow& row) {
    return {row.source, row.header_from, row.disposition, row.dkim, row.spf};
  }

  Result<DmarcReport> Finish() {
    if (report_.organisation.empty()) return InvalidArgument("does not say whose it is");
    if (report_.report_id.empty()) return InvalidArgument("has no report_id");
    if (report_.domain.empty()) return InvalidArgument("names no domain");
    if (report_.begins_at == 0 || report_.ends_at < report_.begins_at) {
      return InvalidArgument("does not say of what time it is");
    }
    for (const auto& [key, messages] : rows_) {
      const auto& [source, header_from, disposition, dkim, spf] = key;
      report_.rows.push_back({source, header_from, disposition, dkim, spf, messages});
    }
    return std::move(report_);
  }

  const Parser parser_{XML_ParserCreate(nullptr)};
  std::string path_, text_, problem_;
  std::vector<size_t> lengths_;  // of the path, at each level
  DmarcReport report_;
  DmarcRow row_;
  std::map<Key, int64_t> rows_;
};

}  // namespace

Result<DmarcReport> ReadDmarcReport(std::string_view xml) {
  return ReportReader().Read(xml);
}

}  // namespace egd::reports
