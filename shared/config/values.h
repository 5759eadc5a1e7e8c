// Each type an option may have: its name for people and its value as TOML text.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/config/config.h"

namespace egd::config {

using Durations = std::vector<std::chrono::seconds>;

// In the order of the enums.
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kFormatNames = {"text", "json"};

inline std::string_view TypeNameOf(const std::string&) {
  return "a string";
}
inline std::string_view TypeNameOf(const std::vector<std::string>&) {
  return "a list of strings";
}
inline std::string_view TypeNameOf(int64_t) {
  return "an integer";
}
inline std::string_view TypeNameOf(int) {
  return "an integer";
}
inline std::string_view TypeNameOf(bool) {
  return "true or false";
}
inline std::string_view TypeNameOf(std::chrono::seconds) {
  return "a duration";
}
inline std::string_view TypeNameOf(const Durations&) {
  return "a list of durations";
}
inline std::string_view TypeNameOf(log::Level) {
  return "a string";
}
inline std::string_view TypeNameOf(log::Format) {
  return "a string";
}
inline std::string_view TypeNameOf(const std::vector<DnsRecordTemplate>&) {
  return "a list of tables with purpose, host, type and value";
}

inline std::string_view TypeNameOf(const std::vector<DestinationRule>&) {
  return "a list of tables with domain or mx, and limits";
}

std::string ToToml(const std::string& value);  // a basic string, escaped
std::string ToToml(const std::vector<std::string>& value);
std::string ToToml(int64_t value);
std::string ToToml(int value);
std::string ToToml(bool value);
std::string ToToml(std::chrono::seconds value);
std::string ToToml(const Durations& value);
std::string ToToml(log::Level value);
std::string ToToml(log::Format value);
std::string ToToml(const std::vector<DnsRecordTemplate>& value);
std::string ToToml(const std::vector<DestinationRule>& value);
constexpr std::array<std::string_view, 4> kTlsNeeds = {"opportunistic", "require", "verify",
                                                       "none"};

}  // namespace egd::config
