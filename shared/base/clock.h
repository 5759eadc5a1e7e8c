// Time as a dependency, so that tests own it. All wall times are UTC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace egd {

// Milliseconds since the Unix epoch: the one representation of an instant, in memory and in the
// store.
using UnixMillis = int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis Now() const = 0;                                // wall clock, may jump
  virtual std::chrono::steady_clock::time_point Steady() const = 0;  // never goes back
};

// Thread-safe; the only reader of the machine's clock.
class SystemClock : public Clock {
 public:
  UnixMillis Now() const override;
  std::chrono::steady_clock::time_point Steady() const override;
};

// A clock a test winds by hand. Not thread-safe against Advance.
class FakeClock : public Clock {
 public:
  explicit FakeClock(UnixMillis now = 1'700'000'000'000) : now_(now) {}
  UnixMillis Now() const override { return now_; }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_ + set_back_));
  }
  void Advance(std::chrono::milliseconds by) { now_ += by.count(); }
  // The wall clock alone.
  void SetBack(std::chrono::milliseconds by) {
    now_ -= by.count();
    set_back_ += by.count();
  }

 private:
  UnixMillis now_;
  UnixMillis set_back_ = 0;
};

// "2026-11-22 22:24:05" in UTC: the API's date-time form.
std::string FormatDateTime(UnixMillis at);
// "Sun, 22 Nov 2026 22:24:05 +0000": the Date header (RFC 5322 section 3.3).
std::string FormatRfc5322Date(UnixMillis at);
// "2026-11-22" (Y-m-d) to the first instant of that UTC day; nothing for any other text or an
// impossible date.
std::optional<UnixMillis> ParseDay(std::string_view text);

constexpr UnixMillis kDayMillis = 86'400'000;

}  // namespace egd
