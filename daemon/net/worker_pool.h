// Threads with one name and a bounded queue of jobs: for work that io threads must not do, because
// it waits for the store, a look-up or the processor. Each room that has such work owns a pool of
// its own, so that one kind of waiting never takes the threads of another.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

#include "daemon/net/work_queue.h"
#include "shared/base/log.h"

namespace egd::net {

// Thread-safe from Start on; Start, Interrupt and Join are for the owner's thread.
template <typename Job>
class WorkerPool {
 public:
  // Runs one job. An exception is a bug: it is logged and ends that job alone.
  using Run = std::function<void(Job)>;
  // Called once on each thread: what it returns runs that thread's jobs, and may have state.
  using MakeRun = std::function<Run()>;

  // The threads are called `name`.0, `name`.1 and so on; at most 12 bytes. `capacity`: jobs that
  // wait; beyond them Submit refuses.
  WorkerPool(std::string name, size_t threads, size_t capacity, MakeRun make_run)
      : name_(std::move(name)), size_(threads), make_run_(std::move(make_run)), queue_(capacity) {}
  ~WorkerPool() {
    Interrupt();
    Join();
  }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Start() {
    for (size_t i = 0; i < size_; ++i) {
      threads_.emplace_back([this, name = name_ + "." + std::to_string(i)] {
        pthread_setname_np(pthread_self(), name.c_str());
        Work();
      });
    }
  }
  // False, and `job` untouched, when the queue is full or the pool interrupted.
  bool Submit(Job& job) { return queue_.Push(job); }
  // Takes no more jobs; those that wait are still run.
  void Interrupt() { queue_.Close(); }
  void Join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  void Work() {
    const Run run = make_run_();
    while (auto job = queue_.Pop()) {
      try {
        run(*std::move(job));
      } catch (const std::exception& bug) {
        log::Error("job threw", {{"pool", name_}, {"why", bug.what()}});
      }
    }
  }

  const std::string name_;
  const size_t size_;
  const MakeRun make_run_;
  WorkQueue<Job> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace egd::net
