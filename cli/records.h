// A file of any size, record by record: lines, or CSV records (RFC 4180) that may go over lines.
// Memory is bounded whatever the file holds: a record is at most 64 KiB.
#pragma once

#include <cstddef>
#include <deque>
#include <istream>
#include <optional>
#include <string>

namespace egd::cli {

struct Record {
  size_t line = 0;    // of the file, from 1
  size_t lines = 1;   // how many it takes
  std::string text;   // with its line end
  std::string error;  // why it can be no record; empty: it may be one
};

// Refers to its stream. One thread.
class RecordReader {
 public:
  RecordReader(std::istream& stream, bool csv) : stream_(stream), csv_(csv) {}

  // Nothing at the end. A quoted field that never ends spoils its own line only.
  std::optional<Record> Next();

 private:
  std::optional<Record> TakeLine();
  std::optional<Record> ReadLine();

  std::istream& stream_;
  const bool csv_;
  size_t line_ = 1;
  std::deque<Record> ahead_;  // lines read while looking for the end of a quote
};

// Whether a record of these columns is a header: one of them is EmailAddress or Email. The rule of
// the gateway's import.
bool IsHeader(const std::string& record);

}  // namespace egd::cli
