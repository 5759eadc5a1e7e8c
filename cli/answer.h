// What the gateway's reply means: a result, or the refusals in it, and what egctl exits with.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "shared/base/result.h"
#include "shared/catalogue/arguments.h"

namespace egd::cli {

struct Answer {
  nlohmann::ordered_json body;               // the whole reply
  std::vector<catalogue::Problem> refusals;  // empty: done
};

// An error of kind kUnavailable for what is no reply of a gateway: not JSON, a redirect, a proxy's
// page.
Result<Answer> AnswerOf(const catalogue::Command& command, const HttpReply& reply);

// Of the first refusal, else of verifydomain's records, else 0.
int ExitStatusOf(const catalogue::Command& command, const Answer& answer);

}  // namespace egd::cli
