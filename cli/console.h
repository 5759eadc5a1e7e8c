// What a run of egctl has of its process. Tests give their own.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/input.h"
#include "cli/pause.h"
#include "shared/base/clock.h"
#include "shared/base/error.h"
#include "shared/config/load.h"

namespace egd::cli {

const Clock& MachineClock();

struct Console {
  std::vector<std::string> arguments;  // without the program's name
  config::Environment environment;
  Input& input;
  Pause& pause;
  std::ostream& out;  // results, nothing else
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  size_t rows = 24, columns = 80;           // of the terminal
  mutable std::string last_complaint = {};  // which reports repeat
  const Clock& clock = MachineClock();
};

// "egctl: text", for a person. The text is made printable.
void Complain(const Console& console, const std::string& text);
// The same for a command line that is wrong, with where to read on; returns the exit status.
int UsageError(const Console& console, const std::string& text, const std::string& command = {});

}  // namespace egd::cli
