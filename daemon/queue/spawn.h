// Starting coroutines and timers on an io thread of the engine.
#pragma once

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>

#include "daemon/smtp_client/task.h"
#include "shared/base/log.h"

namespace egd::queue {

using Timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                boost::asio::wait_traits<std::chrono::steady_clock>,
                                                smtp_client::Executor>;

// Runs `task` on its own. An exception is a bug: it ends that task and is logged.
inline void Spawn(smtp_client::Executor executor, smtp_client::Task<void> task) {
  boost::asio::co_spawn(executor, std::move(task), [](std::exception_ptr bug) {
    if (!bug) return;
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& known) {
      log::Error("a delivery task failed", {{"why", known.what()}});
    }
  });
}

}  // namespace egd::queue
