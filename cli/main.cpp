// egctl: commands the gateway from a shell. Everything is in run.h.
#include <iostream>

#include <unistd.h>

#include "cli/run.h"

int main(int count, char** words) {
  egd::cli::ProcessInput input;
  egd::cli::Console console{.arguments = {words + 1, words + count},
                            .environment = egd::config::ProcessEnvironment(),
                            .input = input,
                            .out = std::cout,
                            .err = std::cerr,
                            .out_is_terminal = ::isatty(STDOUT_FILENO) == 1};
  try {
    return egd::cli::Run(console);
  } catch (const std::exception& exception) {
    egd::cli::Complain(console, std::string("internal error: ") + exception.what());
    return 1;
  }
}
