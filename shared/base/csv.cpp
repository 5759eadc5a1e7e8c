#include "shared/base/csv.h"

#include <algorithm>
#include <utility>

namespace egd {

CsvReader::CsvReader(std::string_view text, size_t max_fields)
    : rest_(text), max_fields_(max_fields) {
  if (rest_.starts_with(kUtf8Mark)) rest_.remove_prefix(kUtf8Mark.size());
}

std::optional<CsvRecord> CsvReader::Next() {
  while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) TakeLineEnd();
  if (rest_.empty()) return std::nullopt;
  CsvRecord record;
  record.line = line_;
  record.fields.push_back(TakeField());
  while (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    std::string field = TakeField();
    if (record.fields.size() <= max_fields_) record.fields.push_back(std::move(field));
  }
  TakeLineEnd();
  return record;
}

std::string CsvReader::TakeField() {
  if (rest_.starts_with('"')) return TakeQuoted();
  const size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
  std::string field(rest_.substr(0, end));
  rest_.remove_prefix(end);
  if (field.ends_with('\r') && !rest_.starts_with(',')) field.pop_back();
  return field;
}

std::string CsvReader::TakeQuoted() {
  std::string field;
  rest_.remove_prefix(1);
  while (!rest_.empty()) {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c == '"') {
      if (!rest_.starts_with('"')) break;
      rest_.remove_prefix(1);
    }
    if (c == '\n') ++line_;
    field += c;
  }
  const size_t end = std::min(rest_.find_first_of(",\r\n"), rest_.size());
  field += rest_.substr(0, end);  // whatever follows the closing quote
  rest_.remove_prefix(end);
  return field;
}

void CsvReader::TakeLineEnd() {
  if (rest_.starts_with('\r')) rest_.remove_prefix(1);
  if (rest_.starts_with('\n')) {
    rest_.remove_prefix(1);
    ++line_;
  }
}

std::string CsvField(const std::string& text) {
  const bool formula = text.find_first_of("=+-@\t\r") == 0;
  const std::string safe = formula ? "'" + text : text;
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string CsvLine(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) {
    line += CsvField(field);
    line += &field == &fields.back() ? "\r\n" : ",";
  }
  return line;
}

}  // namespace egd
