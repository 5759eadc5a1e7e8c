// From the io thread to a worker thread and back.
#pragma once

#include <functional>

#include "daemon/smtp_server/host.h"

namespace egd::smtp_server {

// Runs `job` on a worker thread; it must not throw. What it refers to lives as long as the
// coroutine that awaits it.
template <typename T>
net::Task<T> Blocking(Host& host, std::function<T()> job) {
  return net::AwaitCallback<T>([&host, job = std::move(job)](std::function<void(T)> done) {
    std::function<void()> work = [job, done = std::move(done)] { done(job()); };
    host.workers.Submit(work);  // has room: each session has one job at a time
  });
}

}  // namespace egd::smtp_server
