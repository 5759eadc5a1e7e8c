// Whatever a client sends as a command, what is read from it is bounded, printable where it goes
// into replies, and points into the line.
#include "daemon/smtp_server/command.h"
#include "daemon/smtp_server/sasl.h"
#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;
using namespace egd::smtp_server;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line = fuzz::AsText(data, size);
  const Command command = ParseCommand(line);
  fuzz::Require(command.word.size() + command.argument.size() <= line.size());
  ParseBdat(command.argument);
  if (const auto response = DecodeResponse(command.argument)) ReadPlain(*response);
  for (const bool lenient : {false, true}) {
    for (const std::string_view keyword : {"FROM", "TO"}) {
      const auto path = ParsePath(command.argument, keyword, lenient);
      if (!path) continue;
      fuzz::Require(path->path.size() <= 1000 && !HasControl(path->path));
      fuzz::Require(lenient || ParsePath(command.argument, keyword, true).has_value());
      std::string problem;
      const auto parameters = ReadMailParameters(*path, lenient, problem);
      fuzz::Require(parameters.has_value() == problem.empty() && !HasControl(problem));
      problem.clear();
      fuzz::Require(CheckRcptParameters(*path, lenient, problem) == problem.empty());
    }
  }
  return 0;
}
