// What statistics add up: events by type, and how long recipients waited for their outcome. Values;
// pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/core/event.h"

namespace egd::core {

constexpr size_t kEventTypes = static_cast<size_t>(EventType::kComplaint) + 1;

struct EventCounts {
  std::array<int64_t, kEventTypes> by_type{};
  int64_t automated_opens = 0, automated_clicks = 0;  // of those in by_type

  int64_t HumanOpens() const { return Of(EventType::kOpen) - automated_opens; }
  int64_t HumanClicks() const { return Of(EventType::kClick) - automated_clicks; }
  int64_t Of(EventType type) const { return by_type[static_cast<size_t>(type)]; }
  int64_t Total() const;
  void Add(EventType type) { ++by_type[static_cast<size_t>(type)]; }
  EventCounts& operator+=(const EventCounts& other);
  bool operator==(const EventCounts&) const = default;
};

// The reference's classes of delivery speed: from the limit of the one before (included) to its own
// (excluded).
struct SpeedClass {
  std::string_view name;
  int64_t below_ms;
};
constexpr std::array<SpeedClass, 8> kSpeedClasses = {{{"< 1s", 1'000},
                                                      {"1-5s", 5'000},
                                                      {"5-10s", 10'000},
                                                      {"10-30s", 30'000},
                                                      {"30-60s", 60'000},
                                                      {"1-5m", 300'000},
                                                      {"5-10m", 600'000},
                                                      {"> 10m", INT64_MAX}}};

// Times from acceptance to outcome, in milliseconds.
struct DeliveryTimes {
  int64_t recipients = 0;
  int64_t total_ms = 0;
  int64_t least_ms = 0, most_ms = 0;  // 0 without recipients
  std::array<int64_t, kSpeedClasses.size()> by_class{};

  void Add(int64_t ms);
  DeliveryTimes& operator+=(const DeliveryTimes& other);
  bool operator==(const DeliveryTimes&) const = default;
};

}  // namespace egd::core
