// The gateway as one command line reaches it: where, with what key, and what a call that fails
// comes to.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/answer.h"
#include "cli/client.h"
#include "cli/console.h"
#include "cli/words.h"

namespace egd::cli {

// Not thread-safe. Refers to the console.
class Session {
 public:
  // kInvalidArgument for what is wrong with the command line or the profiles. Calls nobody.
  static Result<Session> Open(const Console& console, const Words& words);

  // The answer, which may hold refusals; an empty one for a text, which is printed as it comes.
  // kUnavailable when no complete answer came.
  Result<Answer> Ask(const catalogue::Command& command, const nlohmann::ordered_json& request);

  // Says on standard error why there is no result; returns the exit status.
  int Failed(const Error& error) const;
  int Refused(const catalogue::Command& command, const Answer& answer) const;

  // Puts IDs in place of names in DomainID and DomainIDs. The exit status when that fails.
  std::optional<int> ResolveDomain(nlohmann::ordered_json& request);

  // The same gateway and credentials, for another thread; keeps its connection.
  Session WithOwnConnection() const;
  // From now on calls share a connection, as long as the gateway keeps it.
  void KeepConnection() { client_.KeepConnection(); }

  // Of every call from now on.
  void SetTimeout(std::chrono::seconds timeout) { client_.SetTimeout(timeout); }

 private:
  Session(const Console& console, const Words& words, const Target& target,
          std::chrono::seconds timeout);

  const Console& console_;
  std::string idempotency_key_;
  bool has_credentials_;
  Client client_;
};

}  // namespace egd::cli
