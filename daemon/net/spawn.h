// Starting coroutines and timers on an io thread. `failure` must be a literal: it is kept.
#pragma once

#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include "daemon/net/task.h"
#include "shared/base/log.h"

namespace egd::net {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Runs `task` on its own. An exception is a bug: it ends that task alone and is logged as `failure`
// ("a delivery task failed").
inline void Spawn(Executor executor, Task<void> task, std::string_view failure) {
  boost::asio::co_spawn(executor, std::move(task), [failure](std::exception_ptr bug) {
    if (!bug) return;
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& known) {
      log::Error(failure, {{"why", known.what()}});
    }
  });
}

}  // namespace egd::net
