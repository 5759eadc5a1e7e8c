// "suppressions: 20000 of 25000 sent" on standard error, for what takes several calls: redrawn on a
// terminal, now and then a line in a log.
#pragma once

#include <string>

#include "cli/console.h"

namespace egd::cli {

class ProgressLine {
 public:
  ProgressLine(const Console& console, std::string verb, size_t total)
      : console_(console), verb_(std::move(verb)), total_(total) {}

  // After a call. `done` of the total; the last leaves nothing on a terminal.
  void Show(size_t done);

 private:
  const Console& console_;
  const std::string verb_;
  const size_t total_;
  size_t calls_ = 0;
};

}  // namespace egd::cli
