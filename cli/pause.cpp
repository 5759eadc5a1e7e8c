#include "cli/pause.h"

#include <algorithm>
#include <csignal>
#include <thread>

#include <poll.h>
#include <unistd.h>

namespace egd::cli {
namespace {

volatile std::sig_atomic_t caught = 0;  // what a signal handler may write

// Whether standard output is a pipe or socket without a reader, after at most `milliseconds`.
bool PollOutput(int milliseconds) {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&output, 1, milliseconds) > 0 && (output.revents & (POLLERR | POLLNVAL)) != 0;
}

}  // namespace

std::chrono::steady_clock::time_point ProcessPause::Now() const {
  return std::chrono::steady_clock::now();
}

void ProcessPause::CatchSignals() {
  struct sigaction action {};
  action.sa_handler = [](int number) { caught = number; };
  action.sa_flags = int(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

int ProcessPause::Signal() const {
  return caught;
}

bool ProcessPause::OutputClosed() const {
  return PollOutput(0);
}

bool ProcessPause::For(std::chrono::milliseconds duration) {
  // A signal between the look at it and the poll is seen after one slice.
  constexpr std::chrono::milliseconds kSlice(250);
  const auto end = Now() + duration;
  while (Signal() == 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Now());
    if (left.count() <= 0) return true;
    if (PollOutput(int(std::min(left, kSlice).count()))) return false;
  }
  return false;
}

}  // namespace egd::cli
