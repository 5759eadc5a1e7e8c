// `egctl verifydomain`: several domains at once, waiting for their records, reports for pipelines.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/printing.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/words.h"

namespace egd::cli {

// The command line split into one a domain, each to be checked as a call of its own.
std::vector<Words> WordsByDomain(const catalogue::Command& command, const Words& words);

// Looks the records of every domain up, with --wait until all pass or the time has expired; prints
// the last answers and writes the reports. `requests`: one a domain, with its ID. Returns the exit
// status.
int VerifyDomains(Console& console, Session& session, const catalogue::Command& command,
                  const Words& words, const std::vector<nlohmann::ordered_json>& requests,
                  const Printing& printing, Reports& reports);

// The same for every domain of the caller, many at once. `base`: who is asking, of every request.
int VerifyAllDomains(Console& console, Session& session, const catalogue::Command& command,
                     const Words& words, const nlohmann::ordered_json& base,
                     const Printing& printing, Reports& reports);

}  // namespace egd::cli
