// JSON objects, one a line (jsonlines.org), read one at a time from a file of any size.
#pragma once

#include <cstddef>
#include <istream>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "shared/base/result.h"

namespace egd::cli {

struct JsonLine {
  size_t number = 0;  // in the file, from 1
  nlohmann::ordered_json object;
};

// Refers to its stream. One thread.
class JsonLines {
 public:
  explicit JsonLines(std::istream& stream) : stream_(stream) {}

  // The next line that is not blank; nothing at the end. kInvalidArgument, whose text begins with
  // "line N", when it is not a JSON object, not UTF-8 or longer than 64 MiB; the lines after it can
  // still be read.
  Result<std::optional<JsonLine>> Next();

 private:
  bool ReadLine();

  std::istream& stream_;
  size_t number_ = 0;
  std::string line_;
  bool too_long_ = false;
};

// A stream that can be read from its beginning again: `stream` itself, or, where that is a pipe, all
// of it in a file without a name, below TMPDIR. kInvalidArgument says why that failed.
Result<std::unique_ptr<std::istream>> Rewindable(std::unique_ptr<std::istream> stream);

}  // namespace egd::cli
