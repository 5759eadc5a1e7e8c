#include "daemon/smtp/smtp_wire.h"

#include <algorithm>
#include <functional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "daemon/net/client_tls.h"

namespace egd::smtp {
namespace {

namespace asio = boost::asio;
using SteadyTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, net::Executor>;
using TimePoint = std::chrono::steady_clock::time_point;

asio::ip::tcp::endpoint ToEndpoint(const core::IpAddress& address, uint16_t port) {
  asio::ip::address_v6::bytes_type bytes;
  std::copy(address.bytes().begin(), address.bytes().end(), bytes.begin());
  const asio::ip::address_v6 v6(bytes);
  if (address.IsV4()) return {asio::ip::make_address_v4(asio::ip::v4_mapped, v6), port};
  return {v6, port};
}

}  // namespace

struct Watchdog::State {
  State(net::Executor executor, std::function<void()> on_expiry)
      : timer(executor), expire(std::move(on_expiry)) {}

  SteadyTimer timer;
  std::function<void()> expire;
  TimePoint deadline = TimePoint::max();
  TimePoint armed_for = TimePoint::max();
};

Watchdog::Watchdog(net::Executor executor, std::function<void()> expire)
    : state_(std::make_shared<State>(executor, std::move(expire))) {}

Watchdog::~Watchdog() {
  state_->timer.cancel();
}

void Watchdog::Set(std::chrono::milliseconds from_now) {
  state_->deadline = std::chrono::steady_clock::now() + from_now;
  if (state_->deadline < state_->armed_for) Arm(state_);
}

void Watchdog::Clear() {
  state_->deadline = TimePoint::max();
}

void Watchdog::Arm(const std::shared_ptr<State>& state) {
  state->armed_for = state->deadline;
  state->timer.expires_at(state->deadline);
  state->timer.async_wait([weak = std::weak_ptr(state)](boost::system::error_code error) {
    const auto state = weak.lock();
    if (error || !state) return;
    state->armed_for = TimePoint::max();
    if (state->deadline == TimePoint::max()) return;
    if (state->deadline <= std::chrono::steady_clock::now()) return state->expire();
    Arm(state);
  });
}

SmtpWire::SmtpWire(net::Executor executor)
    : socket_(executor), watchdog_(executor, [this] {
        timed_out_ = true;
        Close();
      }) {}

net::Task<std::string> SmtpWire::Connect(core::IpAddress address, uint16_t port, Timeout timeout) {
  watchdog_.Set(timeout);
  const auto [error] = co_await socket_.async_connect(ToEndpoint(address, port), net::kAwaitTuple);
  std::string problem = CloseOn(error);
  if (problem.empty()) {
    ErrorCode ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  co_return problem;
}

net::Task<std::string> SmtpWire::StartTls(asio::ssl::context& context, std::string host,
                                          bool strong, Timeout timeout, core::TlsaPtr dane) {
  unread_ = {};
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, context);
  if (dane) {
    net::DemandDane(tls_->native_handle(), *dane, host);
  } else {
    net::ExpectPeer(tls_->native_handle(), host, core::IpAddress::Parse(host).has_value());
  }
  if (strong && !dane) net::DemandStrength(tls_->native_handle());
  watchdog_.Set(timeout);
  const auto [error] =
      co_await tls_->async_handshake(asio::ssl::stream_base::client, net::kAwaitTuple);
  std::string problem = CloseOn(error);
  if (problem.empty()) tls_description_ = net::DescribeTls(tls_->native_handle());
  co_return problem;
}

net::Task<std::string> SmtpWire::Write(std::string_view bytes, Timeout timeout) {
  watchdog_.Set(timeout);
  ErrorCode error;
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  if (tls_) {
    const auto [failed, size] = co_await asio::async_write(*tls_, buffer, net::kAwaitTuple);
    error = failed;
  } else {
    const auto [failed, size] = co_await asio::async_write(socket_, buffer, net::kAwaitTuple);
    error = failed;
  }
  watchdog_.Clear();
  co_return Explain(error);
}

net::Task<SmtpReply> SmtpWire::Read(Timeout timeout) {
  watchdog_.Set(timeout);
  for (;;) {
    const auto state = parser_.Feed(unread_);
    if (state == ReplyParser::State::kComplete) {
      watchdog_.Clear();
      co_return parser_.Take();
    }
    if (state == ReplyParser::State::kBroken) {
      Close();
      co_return NoReply("4.5.0", std::string(parser_.problem()));
    }
    ErrorCode error;
    size_t size = 0;
    const auto buffer = asio::buffer(buffer_);
    if (tls_) {
      std::tie(error, size) = co_await tls_->async_read_some(buffer, net::kAwaitTuple);
    } else {
      std::tie(error, size) = co_await socket_.async_read_some(buffer, net::kAwaitTuple);
    }
    if (error) co_return NoReply("4.4.2", CloseOn(error));
    unread_ = std::string_view(buffer_.data(), size);
  }
}

void SmtpWire::Close() {
  watchdog_.Clear();
  ErrorCode ignored;
  socket_.close(ignored);
}

std::string SmtpWire::CloseOn(const ErrorCode& error) {
  watchdog_.Clear();
  if (error) Close();
  return Explain(error);
}

std::string SmtpWire::Explain(const ErrorCode& error) const {
  if (!error) return {};
  if (timed_out_) return "timed out";
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    return "the server closed the connection";
  }
  if (error == asio::error::operation_aborted) return "interrupted";
  return error.message();
}

}  // namespace egd::smtp
