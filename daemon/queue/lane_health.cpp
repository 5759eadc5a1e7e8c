#include "daemon/queue/lane_health.h"

#include <algorithm>

namespace egd::queue {

using smtp_client::Pace;

void LaneHealth::Lengthen(Resting& rest, std::string_view why, Instant now) const {
  if (now < rest.until) return;  // the others of one moment say the same
  rest.length = std::min(std::max(rest.length * 2, first_rest_), longest_rest_);
  rest.until = now + rest.length;
  rest.why = why;
}

void LaneHealth::OnUnreachable(std::string_view why, Instant now) {
  if (!rest_) rest_.emplace();
  Lengthen(*rest_, why, now);
}

bool LaneHealth::OnUsRefused(const Uuid& message, Pace pace, std::string_view why,
                             size_t connections, Instant now) {
  std::erase_if(refused_us_, [now](const auto& entry) { return entry.second + kWhile <= now; });
  if (refused_us_.size() < kSeveral) refused_us_.insert_or_assign(message, now);
  const bool probing = rest_.has_value();  // known already: the probe found it unchanged
  if (refused_us_.size() < kSeveral && !probing) return false;
  if (pace == Pace::kSlow) {
    ceiling_ = std::max<size_t>(connections / 2, 1);
    slow_until_ = now + longest_rest_;
  } else {
    OnUnreachable(why, now);
  }
  return true;
}

void LaneHealth::OnSenderDomainRefused(int64_t sender_domain, std::string_view why, Instant now) {
  ForgetOldDomains(now);
  Lengthen(of_domain_[sender_domain], why, now);
}

void LaneHealth::OnAnswered() {
  rest_.reset();
}

void LaneHealth::OnDelivered(int64_t sender_domain) {
  rest_.reset();
  refused_us_.clear();
  of_domain_.erase(sender_domain);
}

void LaneHealth::Forget() {
  rest_.reset();
  refused_us_.clear();
  of_domain_.clear();
  slow_until_ = {};
}

std::optional<LaneHealth::Wait> LaneHealth::Rest(Instant now) const {
  if (!rest_ || now >= rest_->until) return std::nullopt;
  return Wait{rest_->until, rest_->why};
}

std::optional<LaneHealth::Wait> LaneHealth::WhatToWaitFor(int64_t sender_domain,
                                                          Instant now) const {
  if (auto rest = Rest(now)) return rest;
  const auto of_domain = of_domain_.find(sender_domain);
  if (of_domain == of_domain_.end() || now >= of_domain->second.until) return std::nullopt;
  return Wait{of_domain->second.until, of_domain->second.why};
}

std::map<int64_t, LaneHealth::Wait> LaneHealth::RestsOfDomains(Instant now) const {
  std::map<int64_t, Wait> rests;
  for (const auto& [domain, rest] : of_domain_) {
    if (now < rest.until) rests.emplace(domain, Wait{rest.until, rest.why});
  }
  return rests;
}

size_t LaneHealth::MostConnections(size_t limit, Instant now) const {
  if (rest_) return 1;  // probing
  return IsSlow(now) ? std::min(limit, ceiling_) : limit;
}

// As long again as the last rest: trouble that comes back within it continues where it was.
LaneHealth::Instant LaneHealth::forgotten_at() const {
  Instant latest = slow_until_;
  if (rest_) latest = std::max(latest, rest_->until + rest_->length);
  for (const auto& [domain, rest] : of_domain_) latest = std::max(latest, rest.until + rest.length);
  for (const auto& [message, at] : refused_us_) {
    latest = std::max<Instant>(latest, at + kWhile);
  }
  return latest;
}

void LaneHealth::ForgetOldDomains(Instant now) {
  constexpr size_t kMostDomains = 10'000;  // a megabyte
  if (of_domain_.size() < kMostDomains) return;
  std::erase_if(of_domain_, [now](const auto& entry) {
    return entry.second.until + entry.second.length <= now;
  });
  if (of_domain_.size() >= kMostDomains) of_domain_.clear();
}

}  // namespace egd::queue
