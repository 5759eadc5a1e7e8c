#include "cli/records.h"

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kMaxRecord = 64 * 1024;  // a subscriber has at most 100 fields of 1 KiB
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

// Follows the quotes of one record: they open at the start of a field only.
class Quotes {
 public:
  void Read(std::string_view text) {
    for (const char c : text) {
      if (open_) {
        open_ = c != '"';  // a doubled one opens it again
        closed_ = !open_;
      } else {
        open_ = c == '"' && (at_start_ || closed_);
        at_start_ = c == ',' || c == '\n';
        closed_ = false;
      }
    }
  }
  bool IsOpen() const { return open_; }

 private:
  bool open_ = false, closed_ = false, at_start_ = true;
};

std::string ErrorOf(const std::string& text) {
  if (!IsUtf8(text)) return "not UTF-8";
  for (const char c : text) {
    const bool control = uint8_t(c) < 0x20 || c == 0x7f;
    if (control && c != '\t' && c != '\r' && c != '\n') return "has a control character";
  }
  return "";
}

std::string Unquoted(std::string_view field) {
  field = Trim(field);
  if (field.size() >= 2 && field.starts_with('"') && field.ends_with('"')) {
    field = field.substr(1, field.size() - 2);
  }
  return std::string(Trim(field));
}

}  // namespace

std::optional<Record> RecordReader::Next() {
  auto record = TakeLine();
  if (!record) return std::nullopt;
  if (record->line == 1 && record->text.starts_with(kUtf8Mark)) record->text.erase(0, 3);
  Quotes quotes;
  quotes.Read(record->text);
  std::deque<Record> more;
  std::string text = record->text;
  while (csv_ && record->error.empty() && quotes.IsOpen()) {
    auto next = TakeLine();
    if (next && text.size() + next->text.size() <= kMaxRecord && next->error.empty()) {
      quotes.Read(next->text);
      text += next->text;
      more.push_back(*std::move(next));
      continue;
    }
    if (next) more.push_back(*std::move(next));
    ahead_.insert(ahead_.begin(), more.begin(), more.end());
    more.clear();
    record->error = "a quoted field does not end";
    text = record->text;
    break;
  }
  record->lines = 1 + more.size();
  record->text = std::move(text);
  if (record->error.empty()) record->error = ErrorOf(record->text);
  return record;
}

std::optional<Record> RecordReader::TakeLine() {
  if (ahead_.empty()) return ReadLine();
  Record line = std::move(ahead_.front());
  ahead_.pop_front();
  return line;
}

std::optional<Record> RecordReader::ReadLine() {
  Record record;
  record.line = line_;
  char piece[4096];
  bool any = false;
  while (true) {
    stream_.getline(piece, sizeof piece);
    const size_t read = size_t(stream_.gcount());
    any = any || read > 0;
    const bool ended = !stream_.fail() && !stream_.eof();  // the line feed counts, and is not kept
    const size_t kept = ended ? read - 1 : read;
    if (record.error.empty()) record.text.append(piece, kept);
    if (record.text.size() > kMaxRecord) {
      record.error = "longer than 64 KiB";
      record.text = "";
    }
    if (ended || stream_.eof() || stream_.bad() || read == 0) break;
    stream_.clear();  // only the piece was full
  }
  if (!any) return std::nullopt;
  ++line_;
  record.text += '\n';
  return record;
}

bool IsHeader(const std::string& record) {
  for (const std::string_view field : Split(Trim(record), ',')) {
    const std::string name = Unquoted(field);
    if (EqualsIgnoreCase(name, "EmailAddress") || EqualsIgnoreCase(name, "Email")) return true;
  }
  return false;
}

}  // namespace egd::cli
