// What the gateway's reply means: a result, or the refusals in it, and what egctl exits with.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/client.h"
#include "cli/console.h"
#include "shared/base/result.h"
#include "shared/catalogue/arguments.h"

namespace egd::cli {

struct Answer {
  nlohmann::ordered_json body;               // the whole reply
  std::vector<catalogue::Problem> refusals;  // empty: done
  std::string raw = {};                      // the reply's bytes
  bool is_text = false;                      // printed already, and neither body nor raw
};

// An error of kind kUnavailable for what no gateway answers: not JSON, a redirect, a proxy's page, or
// a success that lacks a result the Command declares.
Result<Answer> AnswerOf(const catalogue::Command& command, HttpReply reply);

// Whether it is trouble that passes by itself: a gateway that restarts, or has too much to do.
bool IsPassing(const Result<Answer>& answer);

// Says on standard error what the gateway refused, with its codes.
void PrintRefusals(const Console& console, const Answer& answer, bool had_credentials);

// Of the first refusal, else of verifydomain's records, a batch's messages or checkbulk's findings,
// else 0.
int ExitStatusOf(const catalogue::Command& command, const Answer& answer);

}  // namespace egd::cli
