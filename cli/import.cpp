#include "cli/import.h"

#include <algorithm>
#include <istream>
#include <ostream>

#include <nlohmann/json.hpp>

#include "cli/records.h"
#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

constexpr size_t kPartLines = 10'000, kPartBytes = 1024 * 1024;  // well below a second each
constexpr size_t kMaxFailedLines = 1000;                         // as the gateway has it
constexpr size_t kPartsALogLine = 10;
constexpr int kTries = 5;
constexpr std::chrono::seconds kTryAgain(2);
constexpr int kExitSignal = 128;  // and the signal's number, as shells have it

std::string OptionOf(const catalogue::Param& param) {
  return "--" + catalogue::KebabCase(param.name);
}

// So many lines of the file, as one request takes them.
struct Part {
  size_t first_line = 0, lines = 0;
  std::string text;
  Json failed = Json::array();  // what is not even sent
};

// Cuts a file into parts. A record that cannot be sent leaves its lines blank, so that the
// gateway's numbers stay true.
class Cutter {
 public:
  Cutter(std::istream& stream, bool csv, size_t start_line)
      : records_(stream, csv), start_line_(start_line) {
    ahead_ = records_.Next();
    while (ahead_ && Trim(ahead_->text).empty() && ahead_->error.empty()) ahead_ = records_.Next();
    if (csv && ahead_ && ahead_->error.empty() && IsHeader(ahead_->text)) {
      header_ = ahead_->text;
      header_lines_ = ahead_->lines;
      ahead_ = records_.Next();
    }
    while (ahead_ && ahead_->line < start_line_) ahead_ = records_.Next();
  }

  // Every part begins with it; empty: there is none.
  const std::string& header() const { return header_; }
  size_t header_lines() const { return header_lines_; }

  std::optional<Part> Next() {
    if (!ahead_) return std::nullopt;
    Part part;
    part.first_line = ahead_->line;
    for (; ahead_ && part.lines < kPartLines && part.text.size() < kPartBytes;
         ahead_ = records_.Next()) {
      part.lines += ahead_->lines;
      if (ahead_->error.empty()) {
        part.text += ahead_->text;
        continue;
      }
      part.text.append(ahead_->lines, '\n');
      part.failed.push_back({{"Line", ahead_->line}, {"Error", ahead_->error}});
    }
    return part;
  }

 private:
  RecordReader records_;
  const size_t start_line_;
  std::string header_;
  size_t header_lines_ = 0;
  std::optional<Record> ahead_;
};

int64_t NumberAt(const Json& object, const char* key) {
  const Json value = object.value(key, Json());
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

// The answers of all parts as the one that a single call would have got.
class Sum {
 public:
  void Add(const Json& answer, const Part& part, size_t header_lines) {
    if (body_.is_null()) {
      body_ = answer;
      for (auto& [key, value] : body_.items()) {
        if (key.starts_with("Total")) value = 0;
      }
      body_["FailedLines"] = Json::array();
    }
    for (const auto& [key, value] : answer.items()) {
      if (key.starts_with("Total") && value.is_number_integer()) {
        body_[key] = NumberAt(body_, key.c_str()) + value.get<int64_t>();
      }
    }
    for (const char* key : {"TotalData", "TotalFailed"}) {
      body_[key] = NumberAt(body_, key) + int64_t(part.failed.size());
    }
    AddFailed(answer.value("FailedLines", Json::array()), part, header_lines);
  }

  const Json& body() const { return body_; }
  std::string Text() const {
    return std::to_string(NumberAt(body_, "TotalImported")) + " imported, " +
           std::to_string(NumberAt(body_, "TotalFailed")) + " wrong";
  }

 private:
  void AddFailed(const Json& reported, const Part& part, size_t header_lines) {
    std::vector<std::pair<int64_t, Json>> rows;
    for (const Json& row : part.failed) rows.emplace_back(NumberAt(row, "Line"), row);
    for (Json row : reported) {
      if (!row.is_object()) continue;
      const int64_t line =
          NumberAt(row, "Line") - int64_t(header_lines) - 1 + int64_t(part.first_line);
      row["Line"] = line;
      rows.emplace_back(line, std::move(row));
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    Json& all = body_["FailedLines"];
    for (auto& [line, row] : rows) {
      if (all.size() < kMaxFailedLines) all.push_back(std::move(row));
    }
  }

  Json body_;
};

class Importer {
 public:
  Importer(Console& console, Session& session, const Command& command, Json request)
      : console_(console), session_(session), command_(command), request_(std::move(request)) {}

  int Run(Cutter& cutter, const Printing& printing) {
    console_.pause.CatchSignals();
    auto part = cutter.Next();
    if (!part) part = Part{};  // the gateway says what it thinks of nothing
    for (size_t count = 0; part; ++count) {
      request_[std::string(catalogue::ImportedParam(command_)->name)] =
          cutter.header() + part->text;
      const auto answer = Send();
      if (!answer || !answer->refusals.empty()) return Failed(answer, part->first_line);
      sum_.Add(answer->body, *part, cutter.header_lines());
      const size_t next_line = part->first_line + part->lines;
      part = cutter.Next();
      ShowProgress(next_line - 1, count);
      if (part && console_.pause.Signal() != 0) return Stopped(next_line, printing);
    }
    EndProgress();
    return Print(console_, command_, printing, sum_.body(), RenderJson(sum_.body(), -1) + "\n");
  }

 private:
  // An import of lines that are there already changes nothing, so a part may be sent again.
  Result<Answer> Send() {
    for (int tries = 1;; ++tries) {
      auto answer = session_.Ask(command_, request_);
      const bool refused = answer && !answer->refusals.empty();
      const bool passes = !answer
                              ? sum_.body().is_object()
                              : refused && (answer->refusals[0].kind == ErrorKind::kRateLimited ||
                                            answer->refusals[0].kind == ErrorKind::kUnavailable);
      if (!passes || tries == kTries || !console_.pause.For(kTryAgain)) return answer;
    }
  }

  void ShowProgress(size_t line, size_t count) {
    const std::string text = "line " + std::to_string(line) + ": " + sum_.Text();
    if (console_.err_is_terminal) {
      console_.err << "\r\x1b[K" << text << std::flush;
    } else if (count % kPartsALogLine == kPartsALogLine - 1) {
      console_.err << text << std::endl;
    }
  }

  void EndProgress() const {
    if (console_.err_is_terminal) console_.err << "\r\x1b[K" << std::flush;
  }

  void SayWhereToGoOn(size_t line) const {
    if (line > 1) {
      Complain(console_, "all lines before " + std::to_string(line) +
                             " are done; continue with --start-line " + std::to_string(line));
    }
  }

  int Failed(const Result<Answer>& answer, size_t line) const {
    EndProgress();
    const int status =
        answer ? session_.Refused(command_, *answer) : session_.Failed(answer.error());
    if (sum_.body().is_object()) SayWhereToGoOn(line);
    return status;
  }

  int Stopped(size_t line, const Printing& printing) const {
    EndProgress();
    Complain(console_, "stopped: " + sum_.Text());
    SayWhereToGoOn(line);
    const int printed =
        Print(console_, command_, printing, sum_.body(), RenderJson(sum_.body(), -1) + "\n");
    return printed ? printed : kExitSignal + console_.pause.Signal();
  }

  Console& console_;
  Session& session_;
  const Command& command_;
  Json request_;
  Sum sum_;
};

}  // namespace

std::optional<std::string> ImportFileOf(const Command& command, const Words& words) {
  const catalogue::Param* param = catalogue::ImportedParam(command);
  return param ? words.One(OptionOf(*param) + "-file") : std::nullopt;
}

Words WithoutImportFile(const Command& command, const Words& words) {
  Words rest = words;
  const std::string option = OptionOf(*catalogue::ImportedParam(command));
  rest.options.erase(option + "-file");
  rest.options[option].push_back("x");
  return rest;
}

int Import(Console& console, Session& session, const Command& command, const Words& words,
           Json request, const Printing& printing) {
  const auto wrong = [&](const std::string& text) {
    return UsageError(console, text, std::string(command.CliName()));
  };
  const auto given = words.One("--start-line");
  const auto start = given ? ParseInteger(*given) : std::optional<int64_t>(1);
  if (!start || *start < 1) return wrong("--start-line must be a number of a line, from 1");
  const auto stream = console.input.Open(*ImportFileOf(command, words));
  if (!stream) return wrong(stream.error().public_text);
  const bool csv = catalogue::ImportedParam(command)->file_form == catalogue::FileForm::kCsv;
  Cutter cutter(**stream, csv, size_t(*start));
  return Importer(console, session, command, std::move(request)).Run(cutter, printing);
}

}  // namespace egd::cli
