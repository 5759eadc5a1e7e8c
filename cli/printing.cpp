#include "cli/printing.h"

#include <algorithm>
#include <ostream>

#include <nlohmann/json.hpp>

#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using catalogue::Command;
using Json = nlohmann::ordered_json;

// A field that no reply of the Command can have is a mistake of the command line.
Result<void> CheckField(const Command& command, const std::string& field) {
  const std::string first = field.substr(0, field.find_first_of(".["));
  std::vector<std::string> known = {"Success", "ErrorCode"};
  for (const catalogue::Field& declared : command.results) {
    known.push_back(declared.path.substr(0, declared.path.find_first_of(".[")));
  }
  if (std::find(known.begin(), known.end(), first) != known.end()) return {};
  const auto nearest = Nearest(first, known);
  return InvalidArgument("the answer has no field " + first +
                         (nearest ? "; did you mean " + *nearest + "?" : ""));
}

}  // namespace

Result<Printing> PrintingOf(const Console& console, const Command& command, const Words& words) {
  Printing printing{.format = console.out_is_terminal ? Format::kTable : Format::kJson,
                    .field = words.One("--field"),
                    .page = PageOf(console, words)};
  if (const auto name = words.One("--output")) {
    const auto format = ParseFormat(*name);
    if (!format) return InvalidArgument("--output must be one of table, json, yaml, csv, raw");
    printing.format = *format;
  }
  if (!printing.field) return printing;
  if (auto checked = CheckField(command, *printing.field); !checked) return checked.error();
  return printing;
}

int Print(const Console& console, const Command& command, const Printing& printing,
          const Json& body, const std::string& raw) {
  if (printing.field) {
    const auto value = RenderField(body, *printing.field);
    if (!value) {
      Complain(console, "the answer has no field " + *printing.field);
      return catalogue::kExitRefused;
    }
    console.out << (console.out_is_terminal ? Printable(*value) : *value) << "\n";
  } else if (printing.format == Format::kRaw) {
    console.out << raw;
  } else {
    console.out << Render(printing.format, command, body, printing.page);
  }
  return Flush(console);
}

int Flush(const Console& console) {
  if (console.out.flush() && !console.pause.OutputClosed()) return catalogue::kExitDone;
  Complain(console, "cannot write all results to standard output");
  return catalogue::kExitRefused;
}

}  // namespace egd::cli
