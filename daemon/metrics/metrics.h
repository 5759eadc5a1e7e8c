// What egd counts about itself, in the text form that Prometheus reads
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Names follow Prometheus' naming
// rules: base units (seconds, bytes), counters end in _total. Labels come from closed lists, so
// neither a tenant nor a server can make the number of series grow.
//
// Two kinds of figures: those that happen (events, requests, commits) are counted here when they
// do, for some nanoseconds each; those that are (the queue's depth) are read when somebody asks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/event.h"

namespace egd::metrics {

// A figure that was read for one scrape.
struct Gauge {
  std::string name;  // "egd_queue_recipients"
  std::string help;  // one sentence
  double value = 0;
};

// Owned by Daemon. Thread-safe.
class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();

  // An event was committed. `delivery`: from acceptance to this outcome; of deliveries and bounces.
  void CountEvent(core::EventType type, std::string_view bounce_class,
                  std::chrono::milliseconds delivery);
  // How many events of this type were counted.
  int64_t EventCount(core::EventType type) const;
  // A group of jobs was committed, or failed to be.
  void CountCommit(size_t jobs, bool succeeded, std::chrono::nanoseconds took);
  // An HTTP request was answered.
  void CountRequest(int status, std::chrono::nanoseconds took);

  // Everything, with `gauges` among it.
  std::string Text(const std::vector<Gauge>& gauges) const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace egd::metrics
