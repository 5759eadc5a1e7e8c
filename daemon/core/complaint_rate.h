// How bad a share of complaints is. Gmail and Yahoo want it below 0.1 % of what they delivered, and
// treat mail of a domain that reaches 0.3 % worse (support.google.com/mail/answer/81126,
// senders.yahooinc.com/best-practices). Pure, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace egd::core {

// Complaints of a thousand delivered.
constexpr int64_t kComplaintWarning = 1, kComplaintCritical = 3;

// "ok", "warning" from 0.1 % of the delivered on, "critical" from 0.3 % on.
constexpr std::string_view ComplaintLevel(int64_t complaints, int64_t delivered) {
  if (complaints == 0 || complaints * 1000 < delivered * kComplaintWarning) return "ok";
  return complaints * 1000 < delivered * kComplaintCritical ? "warning" : "critical";
}

}  // namespace egd::core
