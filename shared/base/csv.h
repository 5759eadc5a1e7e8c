// CSV (RFC 4180). Reading: one record after another from a text, with the number of the line it
// starts on. Writing: a record as a line. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd {

struct CsvRecord {
  size_t line = 0;  // from 1
  std::vector<std::string> fields;
};

// Lines end with CR LF or LF; a field in double quotes may hold commas, line ends and doubled
// quotes. A byte-order mark at the start and empty lines are passed over. Lenient: a quote inside
// an unquoted field is itself, and a quoted field that never ends takes the rest. Of a record no
// more than `max_fields` and one are kept: enough to see that there are too many. Refers to its
// text. One thread.
class CsvReader {
 public:
  CsvReader(std::string_view text, size_t max_fields);

  std::optional<CsvRecord> Next();  // nothing at the end

 private:
  std::string TakeField();
  std::string TakeQuoted();
  void TakeLineEnd();

  std::string_view rest_;
  const size_t max_fields_;
  size_t line_ = 1;
};

// The byte-order mark by which spreadsheets know a CSV file for UTF-8.
constexpr std::string_view kUtf8Mark = "\xef\xbb\xbf";

// One field as it stands in a line.
std::string CsvField(const std::string& text);
// The record with its CR LF. A field that a spreadsheet would run as a formula (it begins with
// = + - @ TAB or CR) gets an apostrophe before it.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace egd
