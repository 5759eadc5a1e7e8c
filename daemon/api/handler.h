// A handler is the daemon's half of a Command: typed arguments in, a result or a documented failure
// out. It never sees HTTP or JSON text. Handlers run on the egd-api threads and may block on the
// store; they must be thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "daemon/core/principal.h"
#include "shared/base/result.h"
#include "shared/catalogue/arguments.h"
#include "shared/catalogue/command.h"

namespace egd::api {

// One authenticated, permitted, checked call. Valid while the handler runs.
struct Call {
  const catalogue::Command& command;
  const core::Principal& caller;
  catalogue::Arguments& arguments;   // the handler may take texts out of them
  std::string_view idempotency_key;  // the Idempotency-Key header, or empty
  std::string_view client_address;   // textual IP, or "unix"
  std::string_view request_id;
  std::chrono::steady_clock::time_point received_at = std::chrono::steady_clock::now();
  // The parser's, ascending by code: never any, unless the Command finds_every_problem.
  std::vector<catalogue::Problem> problems = {};
};

struct Failure {
  std::vector<catalogue::Problem> problems;  // ascending by code, at least one
  std::chrono::seconds retry_after{0};       // of too many requests; 0: not known
  // Documented keys that a failed reply has as well; kLegacy and kLegacyList only.
  std::vector<std::pair<std::string, std::string>> texts = {};
};

// A reply that is a text of any length, made piece by piece as the client takes it.
struct TextPiece {
  std::string text;
  bool last = false;
};
// Makes the next piece, first to last; in turn, but each on any egd-api thread. It must own what it
// needs, but for what outlives the server; being copied about, it keeps what changes behind a
// pointer. An error or an exception cuts the reply off.
using MakePiece = std::function<Result<TextPiece>()>;
struct TextReply {
  std::string content_type;
  MakePiece next;
};

// Success: the reply's object without Success and ErrorCode, keys spelled as in the reference; or,
// where the Command declares a text_type, a text.
using Outcome = std::variant<nlohmann::ordered_json, Failure, TextReply>;
using Handler = std::function<Outcome(const Call&)>;

// By full Command name. Each handlers/<noun>.cpp adds its own.
using Handlers = std::map<std::string, Handler, std::less<>>;

// A failure the catalogue documents for this Command; its code, its kind and, when `text` is empty,
// its sentence come from there. One that it doesn't document is a bug and throws.
Failure Fail(const Call& call, catalogue::Cause cause, std::string text = {});
// The same for a code from a table of codes, such as that of send problems; also a generic one.
Failure FailWithCode(const Call& call, int code, std::string text = {});
// 99997; `text` must name the parameter.
Failure Malformed(std::string text);
// A failure of a lower room whose code depends only on its kind: internal (99995), malformed
// (99997), forbidden (99999), too many requests (429). `detail` goes to the log with the request
// ID.
Failure Fail(const Call& call, const Error& error);

// The same for what happens outside a handler.
catalogue::Problem GenericProblem(const Error& error, std::string_view request_id);
catalogue::Problem InternalProblem(std::string_view request_id);

}  // namespace egd::api
