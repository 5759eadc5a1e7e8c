// The HTTP API with one Command that only says its parameter back, for edge_bench.py: what is
// measured is the way from the socket through decoding, dispatch and rendering, with the daemon's
// own numbers of threads.
#include <csignal>
#include <iostream>

#include <nlohmann/json.hpp>

#include "daemon/api/server.h"
#include "shared/base/log.h"

using namespace egd;

namespace {

class NoAuthenticator : public core::Authenticator {
  Result<core::Principal> Authenticate(const core::Credentials&, catalogue::Caller) override {
    return Unauthenticated("There are no keys here");
  }
};

std::vector<catalogue::Command> EchoAlone() {
  catalogue::Command echo;
  echo.name = "bench.echo";
  echo.caller = catalogue::Caller::kAnyone;
  echo.params = {{.name = "Text", .required = true, .missing_code = 1}};
  return {echo};
}

api::Outcome Echo(const api::Call& call) {
  return nlohmann::ordered_json{{"Text", call.arguments.String("Text")}};
}

}  // namespace

// edge_server ADDRESS: serves until SIGTERM.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  log::Configure(log::Level::kError, log::Format::kText);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  NoAuthenticator authenticator;
  const SystemClock clock;
  const auto commands = EchoAlone();
  api::ServerOptions options;
  options.edge.listen = {argv[1]};
  api::Handlers handlers;
  handlers.emplace("bench.echo", Echo);
  api::Server server(std::move(options), std::move(handlers), authenticator, clock, commands);
  if (const auto started = server.Start(); !started) {
    std::cerr << started.error().public_text << "\n";
    return 1;
  }
  int signal = 0;
  sigwait(&stop, &signal);
  return 0;
}
