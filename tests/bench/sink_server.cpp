// sink_server ADDRESS PORT DELAY_MS MESSAGES: a mail server that answers each packet after a delay
// and ends when it has taken so many messages (0: never), then prints how many connections it had
// at most.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include <sys/resource.h>

#include "tests/bench/mail_server.h"

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  egd::bench::MailServerOptions options;
  options.at = {boost::asio::ip::make_address(argv[1]), uint16_t(std::stoi(argv[2]))};
  options.delay = std::chrono::milliseconds(std::stoi(argv[3]));
  const size_t messages = std::stoul(argv[4]);
  egd::bench::MailServer server(options);
  while (messages == 0 || server.messages() < messages) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  std::printf("{\"most_connections\":%zu}\n", server.most_connections());
}
