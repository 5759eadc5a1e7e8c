// Figures in Prometheus' text form.
#include "daemon/metrics/metrics.h"

#include <catch2/catch.hpp>

namespace egd::metrics {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using core::EventType;

TEST_CASE("what happens is counted under its labels") {
  Metrics metrics("1.2.3");
  metrics.CountEvent(EventType::kDelivery, "", 700ms);
  metrics.CountEvent(EventType::kBounce, "hard", 0ms);
  metrics.CountEvent(EventType::kBounce, "disabled", 0ms);
  metrics.CountEvent(EventType::kBounce, "a class of tomorrow", 0ms);
  metrics.CountRequest(200, 2ms);
  metrics.CountRequest(503, 2ms);
  metrics.CountCommit(7, true, 3ms);
  metrics.CountCommit(2, false, 3ms);
  const std::string text = metrics.Text({});
  CHECK_THAT(text, Contains("egd_events_total{type=\"delivery\"} 1\n"));
  CHECK_THAT(text, Contains("egd_events_total{type=\"bounce\"} 3\n"));
  CHECK_THAT(text, Contains("egd_events_total{type=\"open\"} 0\n"));
  CHECK_THAT(text, Contains("egd_bounces_total{class=\"hard\"} 1\n"));
  CHECK_THAT(text, Contains("egd_bounces_total{class=\"disabled\"} 1\n"));
  CHECK_THAT(text, Contains("egd_bounces_total{class=\"other\"} 1\n"));
  CHECK_THAT(text, Contains("egd_delivery_seconds_bucket{le=\"0.5\"} 0\n"));
  CHECK_THAT(text, Contains("egd_delivery_seconds_bucket{le=\"1\"} 1\n"));
  CHECK_THAT(text, Contains("egd_delivery_seconds_count 1\n"));
  CHECK_THAT(text, Contains("egd_http_requests_total{status=\"2xx\"} 1\n"));
  CHECK_THAT(text, Contains("egd_http_requests_total{status=\"5xx\"} 1\n"));
  CHECK_THAT(text, Contains("egd_store_jobs_total 7\n"));
  CHECK_THAT(text, Contains("egd_store_commits_total{outcome=\"failed\"} 1\n"));
  CHECK_THAT(text, Contains("egd_build_info{version=\"1.2.3\"} 1\n"));
}

TEST_CASE("what is read for a scrape stands beside it") {
  const std::string text = Metrics("1").Text({{"egd_queue_recipients", "Recipients queued.", 12}});
  CHECK_THAT(text, Contains("# HELP egd_queue_recipients Recipients queued.\n"
                            "# TYPE egd_queue_recipients gauge\negd_queue_recipients 12\n"));
}

}  // namespace
}  // namespace egd::metrics
