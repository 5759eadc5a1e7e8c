// The whole terminal, for what is redrawn: another screen without a cursor, keys as they are
// pressed. Given back when the object goes. One at a time; not thread-safe.
#pragma once

#include <iosfwd>
#include <string>

#include <termios.h>

namespace egd::cli {

class FullScreen {
 public:
  // `out`: standard output, a terminal. Keys come from standard input, where that is a terminal.
  explicit FullScreen(std::ostream& out);
  ~FullScreen();
  FullScreen(const FullScreen&) = delete;
  FullScreen& operator=(const FullScreen&) = delete;

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  // Looks at the terminal's size again; it may have changed.
  void Measure();
  // Shows these lines, none wider than the terminal, and as many as there is room for.
  void Draw(const std::string& lines);
  // Whether q or Ctrl-C was pressed. Waits for nothing.
  bool WantsToEnd();

 private:
  void TakeKeys();

  std::ostream& out_;
  size_t rows_ = 24, columns_ = 80;
  bool has_keys_ = false;
  termios before_ = {};
};

}  // namespace egd::cli
