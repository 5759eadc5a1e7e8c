// egctl: commands the gateway from a shell. Everything is in run.h.
#include <csignal>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/run.h"
#include "shared/catalogue/exit_status.h"
#include "shared/config/descriptors.h"

int main(int count, char** words) {
  egd::config::OpenMissingDescriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of the write
  egd::cli::ProcessInput input;
  egd::cli::ProcessPause pause;
  egd::cli::Console console{.arguments = {words + 1, words + count},
                            .environment = egd::config::ProcessEnvironment(),
                            .input = input,
                            .pause = pause,
                            .out = std::cout,
                            .err = std::cerr,
                            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
                            .err_is_terminal = ::isatty(STDERR_FILENO) == 1};
  for (const int terminal : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (::ioctl(terminal, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) continue;
    console.rows = size.ws_row;
    console.columns = size.ws_col;
    break;
  }
  if (!egd::config::CanWrite(STDOUT_FILENO)) {
    egd::cli::Complain(console,
                       "standard output is closed: results would be lost, nothing was done");
    return egd::catalogue::kExitRefused;
  }
  try {
    return egd::cli::Run(console);
  } catch (const std::exception& exception) {
    egd::cli::Complain(console, std::string("internal error: ") + exception.what());
    return 1;
  }
}
