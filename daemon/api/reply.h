// What a request is answered with, and how outcomes look in JSON (contract section 2). Pure,
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "daemon/api/handler.h"
#include "shared/catalogue/arguments.h"
#include "shared/catalogue/command.h"

namespace egd::api {

// What a request needs before it can be handled.
struct Need {
  enum class Kind {
    kWaitingThread,  // its Command waits for other people's servers, and this thread must not
    kMemory,         // its reply may be large
  };
  Kind kind;
  int64_t user_id;  // whose request it is
};

struct Reply {
  int status = 200;
  std::string body;  // JSON
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string key_id = {};             // of the caller, for the log
  std::optional<TextReply> text = {};  // instead of a body
  std::optional<Need> deferred = {};   // nothing was done
};

std::string RenderSuccess(const catalogue::Command& command, nlohmann::ordered_json result);
// `problems` ascending by code, at least one. An envelope of one number shows the first. `texts`:
// Failure::texts.
std::string RenderProblems(catalogue::Envelope envelope,
                           const std::vector<catalogue::Problem>& problems,
                           const std::vector<std::pair<std::string, std::string>>& texts = {});

// The answer to what never becomes a call of a Command, with the keys of both /api.php and /api/v1,
// whose codes are the HTTP status, or 99995 for 500. Without `text` a sentence for the status is
// taken.
Reply TransportFailure(int status, std::string text = {});

}  // namespace egd::api
