// One io thread and its event loop: what every server and the delivery lanes run their sockets on.
// Knows no protocol. What uses its executor runs on its thread alone.
#pragma once

#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "daemon/net/task.h"

namespace egd::net {

// Declare it before the sockets, timers and coroutine owners that use it: those that still wait when
// it is destroyed are destroyed with it. Start and Join are for the owner's thread.
class IoLoop {
 public:
  IoLoop() = default;
  ~IoLoop();  // Stop, Join
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  Executor executor() { return context_.get_executor(); }

  // Runs until nothing is left to wait for, or Stop. `thread_name`: of at most 15 bytes.
  void Start(const std::string& thread_name);
  void Stop();  // any thread; what waits is left waiting
  void Join();

 private:
  boost::asio::io_context context_{1};
  std::thread thread_;
};

}  // namespace egd::net
