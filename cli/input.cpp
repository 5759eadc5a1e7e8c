#include "cli/input.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <termios.h>
#include <unistd.h>

#include "shared/config/descriptors.h"

namespace egd::cli {
namespace {

constexpr size_t kMaxBytes = 64 * 1024 * 1024;  // more than the gateway takes

Result<std::string> ReadAll(std::istream& stream, const std::string& name) {
  std::string text(64 * 1024, '\0');
  size_t size = 0;
  while (stream.read(text.data() + size, std::streamsize(text.size() - size)) || stream.gcount()) {
    size += size_t(stream.gcount());
    if (size > kMaxBytes) return InvalidArgument(name + " is larger than 64 MiB");
    if (size == text.size()) text.resize(2 * size);
  }
  if (stream.bad()) return InvalidArgument("cannot read " + name + ": " + std::strerror(errno));
  text.resize(size);
  return text;
}

volatile std::sig_atomic_t caught = 0;  // what a signal handler may write

// Keeps what is typed off the screen while it lives. A signal that would end or stop the process
// meanwhile interrupts the reading instead, and is raised again once the terminal is as it was.
class NoEcho {
 public:
  NoEcho() {
    caught = 0;
    struct sigaction action {};  // without SA_RESTART
    action.sa_handler = [](int number) { caught = number; };
    for (size_t i = 0; i < std::size(kSignals); ++i) {
      ::sigaction(kSignals[i], &action, &actions_[i]);
    }
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~tcflag_t(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << "\n" << std::flush;
    for (size_t i = 0; i < std::size(kSignals); ++i) {
      ::sigaction(kSignals[i], &actions_[i], nullptr);
    }
    if (caught != 0) ::raise(caught);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  struct sigaction actions_[std::size(kSignals)]{};
  termios before_{};
};

}  // namespace

Result<void> ProcessInput::TakeStandardInput() {
  if (standard_input_read_) return InvalidArgument("standard input (-) can be read only once");
  if (!config::CanRead(STDIN_FILENO))
    return InvalidArgument("cannot read standard input: it is closed");
  standard_input_read_ = true;
  return {};
}

Result<std::string> ProcessInput::Read(const std::string& path) {
  if (path == "-") {
    if (auto taken = TakeStandardInput(); !taken) return taken.error();
    return ReadAll(std::cin, "standard input");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidArgument("cannot read " + path + ": " + std::strerror(errno));
  return ReadAll(file, path);
}

Result<std::unique_ptr<std::istream>> ProcessInput::Open(const std::string& path) {
  if (path == "-") {
    if (auto taken = TakeStandardInput(); !taken) return taken.error();
    return std::make_unique<std::istream>(std::cin.rdbuf());
  }
  std::unique_ptr<std::istream> file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return InvalidArgument("cannot read " + path + ": " + std::strerror(errno));
  return file;
}

std::optional<std::string> ProcessInput::Ask(const std::string& prompt, bool secret) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO)) return std::nullopt;
  std::string line;
  bool suspended = false;
  do {
    std::optional<NoEcho> no_echo;
    if (secret)
      no_echo.emplace();  // before the prompt: who types at once is neither shown nor lost
    std::cerr << prompt << ": " << std::flush;
    std::getline(std::cin, line);
    suspended = secret && caught == SIGTSTP;  // and in the foreground again
    if (suspended) {
      no_echo.reset();
      std::clearerr(stdin);
      std::cin.clear();
    }
  } while (suspended);
  if (!std::cin || line.empty()) return std::nullopt;
  return line;
}

}  // namespace egd::cli
