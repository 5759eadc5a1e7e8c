#include "shared/base/log.h"

#include <atomic>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "shared/base/clock.h"
#include "shared/base/strings.h"

namespace egd::log {
namespace {

std::atomic<Format> format{Format::kText};

spdlog::logger& Logger() {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_mt("egd");
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// A quoted string, good as JSON (RFC 8259 section 7) and in a text line: Printable leaves no
// control character.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : Printable(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

std::string TextLine(Level level, std::string_view event, Fields fields) {
  std::string line = FormatDateTime(SystemClock().Now());
  line.append("Z ").append(LevelName(level)).append(" ").append(Printable(event));
  for (const auto& field : fields)
    line.append(" ").append(field.key).append("=").append(Quoted(field.value));
  return line;
}

std::string JsonLine(Level level, std::string_view event, Fields fields) {
  std::string line = "{\"time\":" + Quoted(FormatDateTime(SystemClock().Now()) + "Z");
  line.append(",\"level\":")
      .append(Quoted(LevelName(level)))
      .append(",\"event\":")
      .append(Quoted(event));
  for (const auto& field : fields) {
    line.append(",").append(Quoted(field.key)).append(":").append(Quoted(field.value));
  }
  return line += "}";
}

}  // namespace

void Configure(Level minimum, Format chosen) {
  Logger().set_level(ToSpdlog(minimum));
  format = chosen;
}

void Write(Level level, std::string_view event, Fields fields) {
  const auto spdlog_level = ToSpdlog(level);
  if (!Logger().should_log(spdlog_level)) return;
  Logger().log(
      spdlog_level, "{}",
      format == Format::kJson ? JsonLine(level, event, fields) : TextLine(level, event, fields));
}

}  // namespace egd::log
