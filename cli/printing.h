// How an answer is to be printed, and printing it.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/console.h"
#include "cli/output.h"
#include "cli/view/page.h"
#include "cli/words.h"
#include "shared/base/result.h"

namespace egd::cli {

struct Printing {
  Format format = Format::kJson;
  std::optional<std::string> field = {};
  Page page = {};  // for kTable
};

// From --output, --field, --wide and what standard output is.
// kInvalidArgument for a format there is not, or a field that no answer of the Command can have.
Result<Printing> PrintingOf(const Console& console, const catalogue::Command& command,
                            const Words& words);

// Prints the value of the field or the whole body; `raw` is what kRaw prints. Returns the exit
// status: 0, or 1 with a complaint for a field that is not there or an output that takes nothing.
int Print(const Console& console, const catalogue::Command& command, const Printing& printing,
          const nlohmann::ordered_json& body, const std::string& raw);

// 0, or 1 with a complaint when standard output takes nothing: a full disk, or a reader that went
// away.
int Flush(const Console& console);

}  // namespace egd::cli
