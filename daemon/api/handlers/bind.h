// What the handlers of several nouns share.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/handler.h"
#include "shared/base/clock.h"
#include "shared/base/strings.h"

namespace egd::api {

// Registers `handler`, written against its use case; `service` must outlive `handlers`.
template <typename Service>
void Bind(Handlers& handlers, Service& service, const char* name,
          Outcome (*handler)(Service&, const Call&)) {
  handlers.emplace(name, [&service, handler](const Call& call) { return handler(service, call); });
}

inline std::string TimeOrEmpty(UnixMillis at) {
  return at == 0 ? std::string() : FormatDateTime(at);
}

// As statistics show them.
inline double Hundredths(double value) {
  return std::round(value * 100) / 100;
}
inline double Percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : Hundredths(100.0 * double(part) / double(whole));
}

// The IDs in a list parameter; nothing when one is no integer.
inline std::optional<std::vector<int64_t>> IdList(const Call& call, std::string_view name) {
  std::vector<int64_t> ids;
  for (const std::string& text : call.arguments.Strings(name)) {
    const std::optional<int64_t> id = ParseInteger(Trim(text));
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace egd::api
