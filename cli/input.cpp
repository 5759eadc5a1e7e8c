#include "cli/input.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include <termios.h>
#include <unistd.h>

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

// Keeps what is typed off the screen while it lives.
class NoEcho {
 public:
  NoEcho() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~tcflag_t(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~NoEcho() {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    std::cerr << "\n";
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
};

}  // namespace

Result<std::string> ProcessInput::Read(const std::string& path) {
  if (path == "-") {
    if (standard_input_read_) return InvalidArgument("standard input (-) can be read only once");
    standard_input_read_ = true;
    return ReadAll(std::cin, "standard input");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidArgument("cannot read " + path + ": " + std::strerror(errno));
  return ReadAll(file, path);
}

Result<std::unique_ptr<std::istream>> ProcessInput::Open(const std::string& path) {
  if (path == "-") {
    if (standard_input_read_) return InvalidArgument("standard input (-) can be read only once");
    standard_input_read_ = true;
    return std::make_unique<std::istream>(std::cin.rdbuf());
  }
  std::unique_ptr<std::istream> file = std::make_unique<std::ifstream>(path, std::ios::binary);
  if (!*file) return InvalidArgument("cannot read " + path + ": " + std::strerror(errno));
  return file;
}

std::optional<std::string> ProcessInput::Ask(const std::string& prompt, bool secret) {
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO)) return std::nullopt;
  std::cerr << prompt << ": " << std::flush;
  std::optional<NoEcho> no_echo;
  if (secret) no_echo.emplace();
  std::string line;
  if (!std::getline(std::cin, line) || line.empty()) return std::nullopt;
  return line;
}

}  // namespace egd::cli
