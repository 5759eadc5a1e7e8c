// The coroutine vocabulary of every room with sockets, and the bridge from callbacks to it.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace egd::net {

// One executor type everywhere spares a virtual call an operation. Each io_context has one thread.
using Executor = boost::asio::io_context::executor_type;
template <typename T>
using Task = boost::asio::awaitable<T, Executor>;
constexpr boost::asio::use_awaitable_t<Executor> kAwait;
constexpr auto kAwaitTuple = boost::asio::as_tuple(kAwait);  // yields (error, …), never throws

// Awaits what ends in a callback on any thread. `start(done)` begins it; `done(value)` must run
// exactly once, before or after `start` returns; the coroutine goes on in its own executor, which
// has work until then.
template <typename T, typename Start>
Task<T> AwaitCallback(Start start) {
  const auto initiate = [](auto handler, Start begin) {
    using Handler = decltype(handler);
    struct Waiting {
      Handler handler;
      Executor executor;
      boost::asio::executor_work_guard<Executor> work;
    };
    const auto executor = boost::asio::get_associated_executor(handler);
    const std::shared_ptr<Waiting> waiting(
        new Waiting{std::move(handler), executor, boost::asio::make_work_guard(executor)});
    begin(std::function<void(T)>([waiting](T value) {
      boost::asio::post(waiting->executor, [waiting, value = std::move(value)]() mutable {
        waiting->work.reset();
        std::move(waiting->handler)(std::move(value));
      });
    }));
  };
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>, void(T)>(
      initiate, kAwait, std::move(start));
}

}  // namespace egd::net
