// A thread that does one thing again and again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace egd {

// Owned by the component whose work it does, as its last member: the destructor interrupts and
// joins. Start once. Thread-safe.
class Ticker {
 public:
  // Does what there is to do, and says how long to wait before the next time. An exception is
  // logged and ends that time alone.
  using Task = std::function<std::chrono::milliseconds()>;

  // `name` is the thread's, of at most 15 bytes.
  Ticker(std::string name, Task task) : name_(std::move(name)), task_(std::move(task)) {}
  ~Ticker();

  void Start(std::chrono::milliseconds wait = {});  // the first time after `wait`
  void Wake();                                      // the next time is now
  void Interrupt();                                 // after the time under way
  void Join();

  bool Interrupted() const;  // for tasks of many steps

 private:
  void Run(std::chrono::milliseconds wait);
  std::chrono::milliseconds RunTask() const;

  const std::string name_;
  const Task task_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool interrupted_ = false, woken_ = false;  // under mutex_
  std::thread thread_;
};

}  // namespace egd
