// Lines written by a thread of their own.
#include "shared/base/log.h"

#include <string>
#include <thread>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace egd {
namespace {

// Standard error as a pipe, until destruction.
class CapturedError {
 public:
  CapturedError() {
    REQUIRE(pipe(pipe_) == 0);
    saved_ = dup(STDERR_FILENO);
    dup2(pipe_[1], STDERR_FILENO);
    close(pipe_[1]);
  }
  ~CapturedError() {
    Restore();
    close(pipe_[0]);
  }
  void Restore() {
    if (saved_ < 0) return;
    dup2(saved_, STDERR_FILENO);
    close(saved_);
    saved_ = -1;
  }
  // All that was written, once nobody can write any more.
  std::string ReadAll() {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = read(pipe_[0], buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, size_t(got));
    }
    return text;
  }

 private:
  int pipe_[2];
  int saved_ = -1;
};

size_t CountOf(const std::string& text, const std::string& word) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

size_t DroppedIn(const std::string& text) {
  const std::string mark = "log lines dropped count=\"";
  size_t dropped = 0;
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    dropped += std::stoul(text.substr(at + mark.size()));
  }
  return dropped;
}

TEST_CASE("no thread waits for whoever reads the log, and what is dropped is counted") {
  constexpr size_t kLines = log::Background::kMostLines + 4000;
  CapturedError error;
  std::string text;
  std::thread reader;
  {
    log::Background background;
    // Nobody reads: after 64 KiB the writing thread waits, and this one must not.
    for (size_t i = 0; i < kLines; ++i) log::Warning("of many");
    log::Warning("the last");
    reader = std::thread([&] { text = error.ReadAll(); });
  }
  error.Restore();  // the pipe's last writer
  reader.join();
  CHECK(CountOf(text, "the last") == 1);
  CHECK(DroppedIn(text) > 0);
  CHECK(CountOf(text, "of many") < kLines);
  // The last report may have taken a line's place.
  CHECK(CountOf(text, "of many") + DroppedIn(text) + 1 >= kLines);
}

TEST_CASE("what waits is written at the end") {
  CapturedError error;
  {
    log::Background background;
    for (int i = 0; i < 100; ++i) log::Warning("few");
  }
  error.Restore();
  CHECK(CountOf(error.ReadAll(), "few") == 100);
}

}  // namespace
}  // namespace egd
