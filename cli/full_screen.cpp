#include "cli/full_screen.h"

#include <algorithm>
#include <ostream>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr char kCtrlC = 3;

}  // namespace

FullScreen::FullScreen(std::ostream& out) : out_(out) {
  Measure();
  TakeKeys();
  out_ << "\x1b[?1049h\x1b[?25l" << std::flush;
}

FullScreen::~FullScreen() {
  out_ << "\x1b[?25h\x1b[?1049l" << std::flush;
  if (has_keys_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

// Ctrl-C is a key too: the terminal has to be given back first. Ctrl-Z and the like do nothing.
void FullScreen::TakeKeys() {
  if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios keys = before_;
  keys.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG);
  keys.c_cc[VMIN] = 0;
  keys.c_cc[VTIME] = 0;
  has_keys_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys) == 0;
}

void FullScreen::Measure() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return;
  rows_ = size.ws_row;
  columns_ = size.ws_col;
}

void FullScreen::Draw(const std::string& lines) {
  std::string screen = "\x1b[H";
  size_t row = 0;
  for (const std::string_view line : Split(lines, '\n')) {
    if (row == rows_) break;
    if (row++ > 0) screen += "\n";
    screen += "\x1b[2K" + std::string(line);  // before it: behind a full line it would take one off
  }
  if (row < rows_) screen += "\x1b[J";
  out_ << screen << std::flush;
}

bool FullScreen::WantsToEnd() {
  pollfd keys{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (!has_keys_ || ::poll(&keys, 1, 0) <= 0) return false;
  char pressed[64];
  const ssize_t count = ::read(STDIN_FILENO, pressed, sizeof pressed);
  const auto ends = [](char key) { return key == 'q' || key == 'Q' || key == kCtrlC; };
  return count > 0 && std::any_of(pressed, pressed + count, ends);
}

}  // namespace egd::cli
