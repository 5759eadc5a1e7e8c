#include "shared/config/values.h"

#include "shared/base/strings.h"
#include "shared/config/checks.h"

namespace egd::config {
namespace {

template <typename T, typename Text>
std::string List(const std::vector<T>& values, Text text) {
  std::vector<std::string> parts;
  for (const T& value : values) parts.push_back(text(value));
  return "[" + Join(parts, ", ") + "]";
}

std::string RecordText(const DnsRecordTemplate& record) {
  return "{purpose = " + ToToml(record.purpose) + ", host = " + ToToml(record.host) +
         ", type = " + ToToml(record.type) + ", value = " + ToToml(record.value) + "}";
}

std::string RuleText(const DestinationRule& rule) {
  const bool by_domain = !rule.domain.empty();
  std::string text = by_domain ? "{domain = " + ToToml(rule.domain) : "{mx = " + ToToml(rule.mx);
  if (rule.connections > 0) text += ", connections = " + ToToml(rule.connections);
  if (rule.messages_per_connection > 0) {
    text += ", messages_per_connection = " + ToToml(rule.messages_per_connection);
  }
  if (rule.messages_per_minute > 0) {
    text += ", messages_per_minute = " + ToToml(rule.messages_per_minute);
  }
  return text + ", tls = " + ToToml(rule.tls) + "}";
}

}  // namespace

std::string ToToml(const std::string& value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

std::string ToToml(const std::vector<std::string>& value) {
  return List(value, [](const std::string& entry) { return ToToml(entry); });
}

std::string ToToml(int64_t value) {
  return std::to_string(value);
}
std::string ToToml(int value) {
  return std::to_string(value);
}
std::string ToToml(bool value) {
  return value ? "true" : "false";
}
std::string ToToml(std::chrono::seconds value) {
  return ToToml(FormatDuration(value));
}

std::string ToToml(const Durations& value) {
  return List(value, [](std::chrono::seconds entry) { return ToToml(entry); });
}

std::string ToToml(log::Level value) {
  return ToToml(std::string(kLevelNames[size_t(value)]));
}
std::string ToToml(log::Format value) {
  return ToToml(std::string(kFormatNames[size_t(value)]));
}
std::string ToToml(const std::vector<DnsRecordTemplate>& value) {
  return List(value, RecordText);
}

std::string ToToml(const std::vector<DestinationRule>& value) {
  return List(value, RuleText);
}

}  // namespace egd::config
