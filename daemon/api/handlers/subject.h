// Everything about one address: shown, and erased.
#pragma once

#include "daemon/api/handler.h"
#include "daemon/service/subject/erasures.h"

namespace egd::api {

struct SubjectServices {
  store::Store& store;
  const Clock& clock;
  service::SmtpSessions& sessions;
  service::Erasures& erasures;
};

// What it refers to must outlive `handlers`.
void AddSubjectHandlers(Handlers& handlers, SubjectServices services);

}  // namespace egd::api
