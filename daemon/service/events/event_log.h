// Reading the event log (contract section 6).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/store/event_store.h"
#include "daemon/store/store.h"

namespace egd::service {

struct EventStretch {
  std::string domain;  // its name
  std::vector<core::Event> events;
  bool has_tests = false;  // the domain has events of test messages, here or elsewhere
};

struct EventTail {
  std::vector<core::Event> events;  // oldest first
  int64_t last_sequence = 0;        // everything up to it has been looked at: go on from there
};

// Owned by Daemon. Thread-safe; blocks on the store and also returns its kUnavailable and
// kInternal.
class EventLog {
 public:
  static constexpr int64_t kMaxPage = 100;  // events

  explicit EventLog(store::Store& store) : store_(store) {}

  // Up to `count` events (at most kMaxPage) that match, newest first, after the first `start`, and
  // how many match in all. kNotFound: filter.domain_id is not a domain of `user_id`, or is gone.
  Result<store::EventPage> List(int64_t user_id, const store::EventFilter& filter, int64_t start,
                                int64_t count);
  // Up to `count` events that match, newest first, before `place` or from the newest: to go through
  // the whole log in steps. Errors as List.
  Result<EventStretch> ListBefore(int64_t user_id, const store::EventFilter& filter,
                                  std::optional<store::EventPlace> place, int64_t count);
  // For a filter that is a search (store::IsSearch): where up to `most` events are that match,
  // newest first, before `place` or from the newest; and the events of such places. Errors as List.
  Result<std::vector<store::EventPlace>> FindBefore(int64_t user_id,
                                                    const store::EventFilter& filter,
                                                    std::optional<store::EventPlace> place,
                                                    size_t most);
  Result<EventStretch> Load(int64_t user_id, int64_t domain_id,
                            std::span<const store::EventPlace> places);
  // Up to `count` events that match, oldest first by sequence, after `sequence`: to follow the log.
  // Looks at kMaxTail events of the gateway at most, so it may return none and be called again.
  // Errors as List.
  Result<EventTail> ListAfter(int64_t user_id, const store::EventFilter& filter, int64_t sequence,
                              int64_t count);

 private:
  static constexpr int64_t kMaxTail = 50'000;  // some 20 ms of reading

  store::Store& store_;
};

}  // namespace egd::service
