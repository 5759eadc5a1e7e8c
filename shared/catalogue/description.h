// The catalogue as JSON, for other tools: `egctl commands`.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "shared/catalogue/cli_option.h"

namespace egd::catalogue {

// {Commands: [{Name, Caller, …}], EgctlCommands: [{Name, Options, …}], ExitStatuses: [{…}]}
nlohmann::ordered_json Description();

}  // namespace egd::catalogue
