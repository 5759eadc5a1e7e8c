#include "cli/desired/progress_line.h"

#include <algorithm>
#include <ostream>

namespace egd::cli {
namespace {

constexpr size_t kCallsALogLine = 10;

}  // namespace

void ProgressLine::Show(size_t done) {
  const bool ended = done >= total_;
  if (++calls_ == 1 && ended) return;  // a single call is no long work
  const std::string text = "suppressions: " + std::to_string(std::min(done, total_)) + " of " +
                           std::to_string(total_) + " " + verb_;
  if (console_.err_is_terminal) {
    console_.err << "\r\x1b[K" << (ended ? "" : text) << std::flush;
  } else if (ended || calls_ % kCallsALogLine == 0) {
    console_.err << text << std::endl;
  }
}

}  // namespace egd::cli
