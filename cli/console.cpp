#include "cli/console.h"

#include <ostream>

#include "shared/base/strings.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {

const Clock& MachineClock() {
  static const SystemClock clock;
  return clock;
}

void Complain(const Console& console, const std::string& text) {
  console.last_complaint = Printable(text);
  console.err << "egctl: " << console.last_complaint << "\n";
}

int UsageError(const Console& console, const std::string& text, const std::string& command) {
  Complain(console, text);
  console.err << "Try \"egctl " << command << (command.empty() ? "" : " ") << "--help\".\n";
  return catalogue::kExitUsage;
}

}  // namespace egd::cli
