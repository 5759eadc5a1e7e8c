#include "daemon/metrics/metrics.h"

#include <algorithm>
#include <array>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "daemon/core/bounce_class.h"

namespace egd::metrics {
namespace {

using core::kBounceClasses;  // whatever else comes counts as the last, "other"
using prometheus::Counter;
using prometheus::Histogram;
using Buckets = Histogram::BucketBoundaries;

constexpr size_t kEventTypes = static_cast<size_t>(core::EventType::kComplaint) + 1;
constexpr std::array<std::string_view, 4> kStatusClasses = {"2xx", "3xx", "4xx", "5xx"};

// From what a quick server needs to what a long greylisting costs.
const Buckets kDeliverySeconds = {0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14400, 86400};
// A sync takes from a tenth of a millisecond to what a tired disk needs.
const Buckets kCommitSeconds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};
const Buckets kRequestSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

template <size_t kSize>
size_t IndexOf(const std::array<std::string_view, kSize>& names, std::string_view name) {
  return std::min(size_t(std::ranges::find(names, name) - names.begin()), kSize - 1);
}

}  // namespace

struct Metrics::Series {
  explicit Series(std::string_view version) {
    auto& events_family = CounterFamily("egd_events_total", "Events recorded, by type.");
    for (size_t i = 0; i < kEventTypes; ++i) {
      const auto type = static_cast<core::EventType>(i);
      events[i] = &events_family.Add({{"type", std::string(core::Name(type))}});
    }
    auto& bounces_family =
        CounterFamily("egd_bounces_total", "Bounces, by the class of the failure.");
    for (size_t i = 0; i < kBounceClasses.size(); ++i) {
      bounces[i] = &bounces_family.Add({{"class", std::string(kBounceClasses[i])}});
    }
    auto& requests_family =
        CounterFamily("egd_http_requests_total", "HTTP requests answered, by status.");
    for (size_t i = 0; i < kStatusClasses.size(); ++i) {
      requests[i] = &requests_family.Add({{"status", std::string(kStatusClasses[i])}});
    }
    auto& commits_family =
        CounterFamily("egd_store_commits_total", "Groups of writes, by outcome.");
    committed = &commits_family.Add({{"outcome", "committed"}});
    failed = &commits_family.Add({{"outcome", "failed"}});
    write_jobs = &CounterFamily("egd_store_jobs_total", "Writes that were committed.").Add({});
    delivery_seconds = &HistogramFamily("egd_delivery_seconds",
                                        "From acceptance, or SendAt, to delivery of a recipient.")
                            .Add({}, kDeliverySeconds);
    commit_seconds =
        &HistogramFamily("egd_store_commit_seconds", "Running a group of writes and syncing it.")
             .Add({}, kCommitSeconds);
    request_seconds = &HistogramFamily("egd_http_request_seconds",
                                       "Answering an HTTP request, without the network.")
                           .Add({}, kRequestSeconds);
    prometheus::BuildGauge()
        .Name("egd_build_info")
        .Help("Always 1; the version is a label.")
        .Register(registry)
        .Add({{"version", std::string(version)}})
        .Set(1);
  }

  prometheus::Family<Counter>& CounterFamily(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  prometheus::Family<Histogram>& HistogramFamily(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Registry registry;
  std::array<Counter*, kEventTypes> events;
  std::array<Counter*, kBounceClasses.size()> bounces;
  std::array<Counter*, kStatusClasses.size()> requests;
  Counter *committed, *failed, *write_jobs;
  Histogram *delivery_seconds, *commit_seconds, *request_seconds;
};

Metrics::Metrics(std::string_view version) : series_(std::make_unique<Series>(version)) {}
Metrics::~Metrics() = default;

void Metrics::CountEvent(core::EventType type, std::string_view bounce_class,
                         std::chrono::milliseconds delivery) {
  series_->events[static_cast<size_t>(type)]->Increment();
  if (type == core::EventType::kBounce) {
    series_->bounces[IndexOf(kBounceClasses, bounce_class)]->Increment();
  }
  if (type == core::EventType::kDelivery) series_->delivery_seconds->Observe(Seconds(delivery));
}

int64_t Metrics::EventCount(core::EventType type) const {
  return int64_t(series_->events[static_cast<size_t>(type)]->Value());
}

void Metrics::CountCommit(size_t jobs, bool succeeded, std::chrono::nanoseconds took) {
  (succeeded ? series_->committed : series_->failed)->Increment();
  if (!succeeded) return;
  series_->write_jobs->Increment(double(jobs));
  series_->commit_seconds->Observe(Seconds(took));
}

void Metrics::CountRequest(int status, std::chrono::nanoseconds took) {
  const size_t status_class = size_t(std::clamp(status / 100, 2, 5) - 2);
  series_->requests[status_class]->Increment();
  series_->request_seconds->Observe(Seconds(took));
}

std::string Metrics::Text(const std::vector<Gauge>& gauges) const {
  auto families = series_->registry.Collect();
  for (const Gauge& gauge : gauges) {
    prometheus::ClientMetric metric;
    metric.gauge.value = gauge.value;
    families.push_back({gauge.name, gauge.help, prometheus::MetricType::Gauge, {metric}});
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace egd::metrics
