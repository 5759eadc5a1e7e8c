// Every domain of the caller, asked about at once.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/session.h"

namespace egd::cli {

// A request for each domain of the caller, oldest first: `base` with its DomainID.
Result<Answer> AskForDomains(Session& session, const nlohmann::ordered_json& base,
                             std::vector<nlohmann::ordered_json>& requests);

// The answers to `requests`, in their order, over a few connections; with a `timeout` for each.
// `show` is called now and then with how many there are.
std::vector<Result<Answer>> AskAll(const Session& session, const catalogue::Command& command,
                                   const std::vector<nlohmann::ordered_json>& requests,
                                   std::chrono::seconds timeout,
                                   const std::function<void(size_t)>& show);

}  // namespace egd::cli
