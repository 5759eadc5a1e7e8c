// The log: one line an event, `text` ("key=value") or `json`, on standard error. Values are
// escaped, so no input can forge a line. Thread-safe. Never pass a secret; never pass message
// content.
//
//   log::Info("domain added", {{"domain", name}, {"user", std::to_string(user_id)}});
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace egd::log {

enum class Level { kDebug, kInfo, kWarning, kError };
enum class Format { kText, kJson };

struct Field {
  std::string_view key;
  std::string value;
};
using Fields = std::initializer_list<Field>;

void Configure(Level minimum, Format format);  // also on reload

// While one lives, lines are written by the thread `egd-log`, so that no other waits for whoever
// reads them: a full disk, a pipe that is not emptied. Of more lines than it can hold, some 4 MiB,
// the oldest are dropped, and a line says how many. Without it Write writes the line itself. One at
// a time, owned by main; the destructor writes what waits.
class Background {
 public:
  static constexpr size_t kMostLines = 8 * 1024;

  Background();
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
};

void Write(Level level, std::string_view event, Fields fields);

inline void Debug(std::string_view event, Fields fields = {}) {
  Write(Level::kDebug, event, fields);
}
inline void Info(std::string_view event, Fields fields = {}) {
  Write(Level::kInfo, event, fields);
}
inline void Warning(std::string_view event, Fields fields = {}) {
  Write(Level::kWarning, event, fields);
}
inline void Error(std::string_view event, Fields fields = {}) {
  Write(Level::kError, event, fields);
}

}  // namespace egd::log
