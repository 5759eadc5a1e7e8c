// Values that only the gateway knows, and where to ask for them: what completions offer for a
// parameter. Immutable, thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "shared/catalogue/cli_option.h"

namespace egd::catalogue {

struct LiveValues {
  std::string_view param;                // which takes them, or one of egctl's options: "--as-user"
  std::string_view command;              // which lists them
  std::string_view list;                 // in its answer
  std::string_view value;                // of an element
  std::vector<std::string_view> labels;  // of an element: what tells people which it is
  bool of_domain = false;                // the command takes a DomainID
};

// Null when the gateway is not asked for values of this parameter.
const LiveValues* LiveValuesOf(const Command& command, const Param& param);
// The same for an option, which may be one of egctl's own; `command`: null for these.
const LiveValues* LiveValuesOf(const Command* command, const CliOption& option);
// Of an argument called "domain".
const LiveValues& DomainNames();

}  // namespace egd::catalogue
