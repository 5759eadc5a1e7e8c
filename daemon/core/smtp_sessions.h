// SMTP sessions in which something was refused: what egctl smtpsessions shows, so that an operator
// sees why an application's mail is not taken. Values, and the narrow interface they are told
// through.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/clock.h"

namespace egd::core {

struct SmtpSession {
  uint64_t id = 0;        // of the session, unique in this process
  int64_t domain_id = 0;  // whose credentials it used, right or wrong; 0: nobody's
  UnixMillis at = 0;      // of the last refusal
  std::string client_address, client_name, username;
  std::string tls;       // "TLSv1.3 …"; empty: none
  std::string reason;    // what the client was told, or lacked
  std::string remedy;    // what to change; empty: nothing to advise
  std::string dialogue;  // without secrets, at most 4 KiB
};

class SmtpSessionLog {
 public:
  virtual ~SmtpSessionLog() = default;
  // Keeps it in place of what was told of the same session and domain before. Thread-safe; never
  // blocks.
  virtual void Note(SmtpSession session) = 0;
};

}  // namespace egd::core
