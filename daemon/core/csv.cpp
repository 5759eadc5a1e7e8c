#include "daemon/core/csv.h"

#include <algorithm>

namespace egd::core {

CsvReader::CsvReader(std::string_view text) : rest_(text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

std::optional<CsvRecord> CsvReader::Next() {
  while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) TakeLineEnd();
  if (rest_.empty()) return std::nullopt;
  CsvRecord record;
  record.line = line_;
  record.fields.push_back(TakeField());
  while (rest_.starts_with(',')) {
    rest_.remove_prefix(1);
    record.fields.push_back(TakeField());
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

}  // namespace egd::core
