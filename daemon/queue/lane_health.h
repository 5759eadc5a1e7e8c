// What a lane knows of its destination's trouble, and what follows from it: rests, fewer
// connections, and whose mail they concern.
//
// POLICY
//   Unreachable   no server of the destination could be talked to: the lane rests.
//   Refused us    a reply about us (smtp_client::Pace): only when kSeveral different messages met
//                 it within kWhile, without a delivery in between, the lane rests or gets fewer
//                 connections. One message's trouble is its own.
//   Refused a sender's domain: mail of that domain rests, and no other.
//   A rest is short at first and doubles up to the longest as long as the trouble lasts. After a
//   rest the lane probes with one message at a time until one gets an answer that is not such
//   trouble. While it rests mail waits: nothing is tried, counted or told. Why is said in words of
//   its own, never in those of a transaction.
//
// A value; on the lane's thread. Instants are steady: a wall clock that jumps changes no rest.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/smtp_client/failure_policy.h"
#include "shared/base/uuid.h"

namespace egd::queue {

class LaneHealth {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;
  static constexpr size_t kSeveral = 3;
  static constexpr Duration kWhile = std::chrono::minutes(10);

  struct Wait {
    Instant until;
    std::string why;
  };

  LaneHealth(Duration first_rest, Duration longest_rest)
      : first_rest_(first_rest), longest_rest_(longest_rest) {}

  void OnUnreachable(std::string_view why, Instant now);
  // `connections`: that the lane has now. True: something follows for the lane.
  bool OnUsRefused(const Uuid& message, smtp_client::Pace pace, std::string_view why,
                   size_t connections, Instant now);
  void OnSenderDomainRefused(int64_t sender_domain, std::string_view why, Instant now);
  void OnAnswered();  // a transaction got an answer, whatever it was, that is none of the above
  void OnDelivered(int64_t sender_domain);
  void Forget();  // an operator says that all is well

  // What mail of that sender's domain waits for; nothing: it may be tried.
  std::optional<Wait> WhatToWaitFor(int64_t sender_domain, Instant now) const;
  // By sender's domain, those that rest.
  std::map<int64_t, Wait> RestsOfDomains(Instant now) const;
  // The lane's own rest, or nothing.
  std::optional<Wait> Rest(Instant now) const;
  bool IsSlow(Instant now) const { return now < slow_until_; }
  size_t MostConnections(size_t limit, Instant now) const;
  // When nothing is left that a lane would have to remember.
  Instant forgotten_at() const;

 private:
  struct Resting {
    Instant until{};
    Duration length{};
    std::string why;
  };
  void Lengthen(Resting& rest, std::string_view why, Instant now) const;
  void ForgetOldDomains(Instant now);

  Duration first_rest_, longest_rest_;
  std::optional<Resting> rest_;           // set until the lane got through again
  std::map<int64_t, Resting> of_domain_;  // by sender's domain; bounded
  std::map<Uuid, Instant> refused_us_;    // messages that met it lately; at most kSeveral
  Instant slow_until_{};
  size_t ceiling_ = 0;  // of connections, until slow_until_
};

}  // namespace egd::queue
