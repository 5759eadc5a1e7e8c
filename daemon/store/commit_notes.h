// What the jobs of one commit leave to be done at its end. The whole list: whoever adds to it says
// here when it is used. A job that is undone takes its notes back (Writer::RunJob).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/core/event.h"

namespace egd::store {

// What the statistics need to know of an event.
struct UncountedEvent {
  int64_t domain_id = 0;
  int64_t message = 0;  // its number
  core::EventType type = core::EventType::kAccepted;
  UnixMillis at = 0;
  int64_t delivery_ms = 0;
  int smtp_code = 0;
  std::string recipient_domain, mx_host, url, bounce_class;
  std::vector<std::string> tags;
  bool is_test = false;  // of a test key's message: in no statistics
};

struct CommitNotes {
  // In the commit: added to the statistics (rollup_batch.h). After it: the search index is woken,
  // CommitWatchers::events told.
  std::vector<UncountedEvent> events;
  // After the commit: CommitWatchers::queue is told that mail may be due which was not before, since
  // a domain or user may send again.
  bool may_be_due = false;
  // After the commit: CommitWatchers::webhook_jobs is told that these have new jobs.
  std::vector<int64_t> webhook_endpoints;
  // After the commit: CommitWatchers::webhook_fan_outs is told that events wait for their jobs.
  bool webhook_fan_outs = false;
};

}  // namespace egd::store
