// A ledger that does what the test says.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/webhook_delivery.h"

namespace egd::hooks {

// Jobs of endpoints in their order; one that is retried waits at `due`.
class FakeLedger : public core::WebhookLedger {
 public:
  explicit FakeLedger(const Clock& clock) : clock_(clock) {}

  struct Job {
    core::WebhookJob job;
    UnixMillis due = 0;
  };

  void Add(int64_t endpoint, int64_t sequence, int64_t message, std::string url = {}) {
    core::WebhookJob job;
    job.endpoint = endpoint;
    job.sequence = sequence;
    job.webhook_id = endpoint;
    job.message = message;
    jobs.push_back({job, 0});
    if (!url.empty()) urls[endpoint] = std::move(url);
  }

  Result<core::WebhookBatch> Load(int64_t endpoint, size_t most,
                                  const core::WebhooksInHand& in_hand) override {
    ++loads;
    if (!works) return Unavailable("No", "no");
    core::WebhookBatch batch;
    std::set<int64_t> messages;
    for (const Job& one : jobs) {
      if (one.job.endpoint != endpoint) continue;
      if (in_hand.jobs.contains(one.job.Key())) continue;
      const bool first = messages.insert(one.job.message).second;
      if (!first || in_hand.messages.contains(one.job.message)) {
        batch.passed_over = true;
      } else if (one.due > clock_.Now()) {
        batch.next_due = batch.next_due == 0 ? one.due : std::min(batch.next_due, one.due);
      } else if (batch.posts.size() < most) {
        core::WebhookPost post;
        post.job = one.job;
        const auto url = urls.find(endpoint);
        post.url = url != urls.end() ? url->second : "http://203.0.113.1/";
        post.id = "evt_" + std::to_string(one.job.sequence);
        batch.posts.push_back(post);
      }
    }
    return batch;
  }

  Result<int64_t> OwnerOf(int64_t endpoint) override {
    const auto owner = owners.find(endpoint);
    return owner == owners.end() ? 1 : owner->second;
  }

  Result<std::vector<int64_t>> ListEndpoints(int64_t after, size_t most) override {
    if (!works) return Unavailable("No", "no");
    std::set<int64_t> endpoints;
    for (const Job& one : jobs) {
      if (one.job.endpoint > after) endpoints.insert(one.job.endpoint);
    }
    std::vector<int64_t> list(endpoints.begin(), endpoints.end());
    list.resize(std::min(list.size(), most));
    return list;
  }

  void Record(std::vector<core::WebhookResult> some,
              std::function<void(Result<void>)> done) override {
    if (!works) return done(Unavailable("No", "no"));
    for (auto& result : some) {
      const auto job = std::find_if(jobs.begin(), jobs.end(), [&](const Job& one) {
        return one.job.endpoint == result.job.endpoint && one.job.Key() == result.job.Key();
      });
      if (job == jobs.end()) continue;
      if (result.outcome == core::WebhookOutcome::kRetry) {
        job->due = result.next_attempt_at;
        job->job.waited = true;
        ++job->job.attempts;
      } else {
        jobs.erase(job);
      }
      results.push_back(result);
    }
    done({});
  }

  std::deque<Job> jobs;
  std::map<int64_t, std::string> urls;
  std::map<int64_t, int64_t> owners;  // others are user 1's
  std::vector<core::WebhookResult> results;
  int loads = 0;
  bool works = true;

 private:
  const Clock& clock_;
};

}  // namespace egd::hooks
