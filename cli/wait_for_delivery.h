// `egctl sendemail --wait-for delivery`: waits for what becomes of a message.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "cli/session.h"
#include "cli/words.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

// Whether the words ask for it.
bool WaitsForDelivery(const Words& words);

// Sends, waits until every recipient has an outcome or --timeout has expired, and prints the message
// as getemail does. Returns the exit status: 0 all are delivered, 10 one is not, 8 timed out.
int SendAndWait(Console& console, Session& session, const catalogue::Command& send,
                const Words& words, const nlohmann::ordered_json& request);

}  // namespace egd::cli
