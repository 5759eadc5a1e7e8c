#include "daemon/http_server/http_loop.h"

#include <algorithm>

namespace egd::http_server {
namespace {

using std::chrono::milliseconds;

milliseconds TickOf(const EdgeOptions& options) {
  const milliseconds shortest =
      std::min({options.head_timeout, options.idle_timeout, options.progress_window,
                options.linger_timeout, options.drain_timeout});
  return std::clamp(shortest / 4, milliseconds(5), milliseconds(500));
}

}  // namespace

Connection::Connection(HttpLoop& loop, bool is_local) : loop_(loop), is_local_(is_local) {
  loop.connections_.push_back(*this);
  if (is_local) ++loop.local_;
}
Connection::~Connection() {
  if (is_local_) --loop_.local_;
  loop_.connections_.erase(loop_.connections_.iterator_to(*this));
  loop_.EndIfDrained();
}

HttpLoop::HttpLoop(EdgeState& state, size_t max_connections, size_t max_local)
    : state_(state), max_connections_(max_connections), max_local_(max_local) {
  ScheduleTick();
}

void HttpLoop::Start(const std::string& thread_name) {
  io_.Start(thread_name);
}

void HttpLoop::Join() {
  io_.Join();
}

void HttpLoop::Adopt(net::Socket socket, TlsContext tls, bool is_local) {
  if (draining_) return;
  const size_t open = is_local ? local_ : connections_.size() - local_;
  const size_t most = is_local ? max_local_ : max_connections_;
  std::string holder = Shares::HolderOf(net::DescribePeer(socket).address);
  if (!state_.shares.Connect(holder)) return;  // a refusal would take a place from the others
  ConnectionPlace place(state_.shares, std::move(holder));
  const bool refuse = open >= most && !MakeRoom(is_local);
  // A refusal is a short connection too, and those have their own bound.
  constexpr size_t kMaxRefusals = 64;
  if (refuse && open >= most + kMaxRefusals) return;
  if (refuse && tls) return;  // a handshake costs more than a refusal is worth
  Serve(*this, std::move(socket), std::move(tls), std::move(place), is_local, refuse);
}

void HttpLoop::Drain() {
  draining_ = true;
  drain_deadline_ = std::chrono::steady_clock::now() + state_.options.drain_timeout;
  for (auto& connection : connections_) {
    if (connection.phase() == Connection::Phase::kIdle) connection.Cut();
  }
  EndIfDrained();
}

// The tick is the last work of the loop: without it the thread ends. After a stop it is gone before
// the connections that were cut off, which the loop takes with it.
void HttpLoop::EndIfDrained() {
  if (draining_ && connections_.empty() && !stopped_) tick_.cancel();
}

void HttpLoop::ScheduleTick() {
  tick_.expires_after(TickOf(state_.options));
  tick_.async_wait([this](boost::system::error_code error) {
    if (!error) Tick();
  });
}

void HttpLoop::Tick() {
  const TimePoint now = std::chrono::steady_clock::now();
  if (draining_ && connections_.empty()) return;
  if (now >= drain_deadline_) {
    stopped_ = true;
    return io_.Stop();
  }
  for (auto& connection : connections_) {
    if (connection.deadline() <= now) connection.Cut();
  }
  ScheduleTick();
}

// Of the idle connections the one whose time ends first goes: a newcomer that never spoke before a
// client that did.
bool HttpLoop::MakeRoom(bool is_local) {
  Connection* victim = nullptr;
  for (auto& connection : connections_) {
    if (connection.phase() != Connection::Phase::kIdle) continue;
    if (connection.is_local() != is_local) continue;
    if (victim == nullptr || connection.deadline() < victim->deadline()) victim = &connection;
  }
  if (victim == nullptr) return false;
  victim->Cut();
  return true;
}

const std::string& HttpLoop::DateLine() {
  const std::time_t now = std::time(nullptr);
  if (now != date_) {
    date_ = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[64];
    date_line_.assign(
        text, std::strftime(text, sizeof(text), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc));
  }
  return date_line_;
}

}  // namespace egd::http_server
