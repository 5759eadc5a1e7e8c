// What standard error shows while egctl waits for DNS records: a block that is redrawn on a
// terminal, a line for each change in a log.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/checked_domain.h"
#include "cli/console.h"

namespace egd::cli {

class Progress {
 public:
  explicit Progress(const Console& console);

  // After a round; `next`: until the next one, `left`: until the time has expired.
  void Show(const std::vector<CheckedDomain>& domains, std::chrono::seconds next,
            std::chrono::seconds left);
  // After the last round: what changed in a log, nothing on a terminal, where the result follows.
  void Finish(const std::vector<CheckedDomain>& domains);
  // Takes the block off the terminal again.
  void Clear();

 private:
  void Draw(const std::vector<CheckedDomain>& domains, const std::string& status);
  void Log(const std::vector<CheckedDomain>& domains, const std::string& status);

  const Console& console_;
  const bool redraws_;
  size_t drawn_ = 0;                           // lines of the block
  std::map<std::string, std::string> logged_;  // the last line of each record
};

}  // namespace egd::cli
