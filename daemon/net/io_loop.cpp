#include "daemon/net/io_loop.h"

#include <pthread.h>

namespace egd::net {

IoLoop::~IoLoop() {
  Stop();
  Join();
}

void IoLoop::Start(const std::string& thread_name) {
  thread_ = std::thread([this, thread_name] {
    pthread_setname_np(pthread_self(), thread_name.c_str());
    context_.run();
  });
}

void IoLoop::Stop() {
  context_.stop();
}

void IoLoop::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace egd::net
