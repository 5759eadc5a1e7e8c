#include "shared/base/log.h"

#include <atomic>
#include <chrono>
#include <memory>

#include <pthread.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "shared/base/clock.h"
#include "shared/base/strings.h"

namespace egd::log {
namespace {

// Where lines go: to standard error at once, or by way of a thread.
struct Output {
  std::shared_ptr<spdlog::details::thread_pool> thread;  // null: at once
  std::shared_ptr<spdlog::logger> logger;
  std::atomic<size_t> dropped{0};  // lines, told so far
};

// The process has one standard error, and so one log.
struct Log {
  std::atomic<Format> format{Format::kText};
  std::atomic<Level> minimum{Level::kInfo};
  std::atomic<std::shared_ptr<Output>> output;
};

std::shared_ptr<Output> MakeOutput(std::shared_ptr<spdlog::details::thread_pool> thread) {
  static const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto output = std::make_shared<Output>();
  if (thread) {
    output->logger = std::make_shared<spdlog::async_logger>(
        "egd", sink, thread, spdlog::async_overflow_policy::overrun_oldest);
  } else {
    output->logger = std::make_shared<spdlog::logger>("egd", sink);
  }
  output->thread = std::move(thread);
  output->logger->set_pattern("%v");
  output->logger->set_level(spdlog::level::trace);  // Write has chosen
  output->logger->flush_on(spdlog::level::trace);
  return output;
}

Log& TheLog() {
  static Log log;
  static const bool kOpened = [] {
    log.output = MakeOutput(nullptr);
    return true;
  }();
  (void)kOpened;
  return log;
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

std::string LineOf(Format format, Level level, std::string_view event, Fields fields) {
  return format == Format::kJson ? JsonLine(level, event, fields) : TextLine(level, event, fields);
}

// Says how many lines found no room since it was last said.
void TellDropped(Output& output) {
  const size_t all = output.thread->overrun_counter();
  const size_t told = output.dropped.exchange(all);
  if (all <= told) return;
  const std::string count = std::to_string(all - told);
  output.logger->log(
      spdlog::level::warn, "{}",
      LineOf(TheLog().format, Level::kWarning, "log lines dropped", {{"count", count}}));
}

}  // namespace

void Configure(Level minimum, Format format) {
  TheLog().minimum = minimum;
  TheLog().format = format;
}

Background::Background() {
  TheLog().output = MakeOutput(std::make_shared<spdlog::details::thread_pool>(
      kMostLines, 1, [] { pthread_setname_np(pthread_self(), "egd-log"); }));
}

// The last one to use the old output ends its thread, which writes what waits.
Background::~Background() {
  TheLog().output = MakeOutput(nullptr);
}

void Write(Level level, std::string_view event, Fields fields) {
  Log& log = TheLog();
  if (level < log.minimum) return;
  const std::shared_ptr<Output> output = log.output;
  output->logger->log(ToSpdlog(level), "{}", LineOf(log.format, level, event, fields));
  if (output->thread) TellDropped(*output);
}

}  // namespace egd::log
