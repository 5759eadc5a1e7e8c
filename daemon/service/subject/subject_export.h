// Everything the gateway holds that names one address, a line of JSON each, made as it is read: of
// any length. What is there, the list of store/subject_store.h says.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/core/address_finder.h"
#include "daemon/service/sending/smtp_sessions.h"
#include "daemon/store/store.h"
#include "daemon/store/subject_store.h"
#include "shared/base/clock.h"

namespace egd::service {

// One thread at a time. `store` and `sessions` must outlive it.
class SubjectExport {
 public:
  SubjectExport(store::Store& store, const SmtpSessions& sessions, const Clock& clock,
                const core::EmailAddress& address)
      : store_(store), sessions_(sessions), clock_(clock), finder_(address) {}

  struct Piece {
    std::string text;  // whole lines, at least one
    bool last = false;
  };
  // Errors: the store's kUnavailable and kInternal.
  Result<Piece> Next();

 private:
  void AddSessions(std::string& text);

  store::Store& store_;
  const SmtpSessions& sessions_;
  const Clock& clock_;
  const core::AddressFinder finder_;
  bool begun_ = false;
  size_t table_ = 0;  // that is being read
  store::SubjectKey after_;
  std::map<std::string, int64_t, std::less<>> entries_;  // by kind
};

}  // namespace egd::service
