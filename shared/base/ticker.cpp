#include "shared/base/ticker.h"

#include <exception>

#include <pthread.h>

#include "shared/base/log.h"

namespace egd {

using std::chrono::milliseconds;

Ticker::~Ticker() {
  Interrupt();
  Join();
}

void Ticker::Start(milliseconds wait) {
  thread_ = std::thread([this, wait] { Run(wait); });
}

void Ticker::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  wake_.notify_all();
}

void Ticker::Interrupt() {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  wake_.notify_all();
}

void Ticker::Join() {
  if (thread_.joinable()) thread_.join();
}

bool Ticker::Interrupted() const {
  const std::lock_guard lock(mutex_);
  return interrupted_;
}

void Ticker::Run(milliseconds wait) {
  pthread_setname_np(pthread_self(), name_.c_str());
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, wait, [this] { return interrupted_ || woken_; });
    if (interrupted_) return;
    woken_ = false;
    lock.unlock();
    wait = RunTask();
    lock.lock();
  }
}

milliseconds Ticker::RunTask() const {
  constexpr milliseconds kAfterException = std::chrono::minutes(1);  // a bug will come again
  try {
    return task_();
  } catch (const std::exception& bug) {
    log::Error("exception in a thread", {{"thread", name_}, {"what", bug.what()}});
    return kAfterException;
  }
}

}  // namespace egd
