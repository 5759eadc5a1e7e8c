// The connections of one io thread, and their deadlines. Internal to http_server.
//
// Deadlines are checked by one tick a loop instead of one timer a connection: setting one is an
// assignment, and a cut that comes a quarter of the shortest time-out late harms nobody.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/intrusive/list.hpp>

#include "daemon/http_server/edge.h"
#include "daemon/http_server/shares.h"
#include "daemon/net/io_loop.h"
#include "daemon/net/listener.h"
#include "daemon/net/spawn.h"
#include "shared/base/guarded.h"

namespace egd::http_server {

class HttpLoop;
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
using TimePoint = std::chrono::steady_clock::time_point;

// What all loops and connections of an Edge share; read-only but for the last two.
struct EdgeState {
  EdgeState(EdgeOptions chosen, Edge::Handler handle, Edge::Refuser refuse, Edge::Admitter admit);

  const EdgeOptions options;
  Edge::Handler handler;
  Edge::Refuser refuser;
  Edge::Admitter admitter;  // empty: everyone is let in
  Shares shares;
  Guarded<TlsContext> tls;  // null: plain TCP
};

// The loop's view of a connection, from construction to destruction.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  enum class Phase { kIdle, kReceiving, kHandling, kSending, kClosing };

  Connection(HttpLoop& loop, bool is_local);
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Phase phase() const { return phase_; }
  bool is_local() const { return is_local_; }  // over the Unix socket
  TimePoint deadline() const { return deadline_; }
  // Ends the wait in progress: its operation completes as aborted.
  virtual void Cut() = 0;

 protected:
  void Enter(Phase phase, TimePoint deadline) {
    phase_ = phase;
    deadline_ = deadline;
  }
  HttpLoop& loop_;

 private:
  const bool is_local_;
  Phase phase_ = Phase::kIdle;
  TimePoint deadline_ = TimePoint::max();
};

class HttpLoop {
 public:
  // The bounds are of this loop: over TCP, and over the Unix socket.
  HttpLoop(EdgeState& state, size_t max_connections, size_t max_local);

  void Start(const std::string& thread_name);  // runs until drained
  void Join();

  // From here on, only from the loop's thread, but for executor().
  void Adopt(net::Socket socket, TlsContext tls, bool is_local);
  void Drain();
  bool draining() const { return draining_; }
  const std::string& DateLine();  // "Date: …\r\n" (RFC 9110 section 6.6.1), rendered once a second

  EdgeState& state() { return state_; }
  net::Executor executor() { return io_.executor(); }

 private:
  friend class Connection;

  void EndIfDrained();
  void ScheduleTick();
  void Tick();
  bool MakeRoom(bool is_local);

  EdgeState& state_;
  const size_t max_connections_;
  const size_t max_local_;
  size_t local_ = 0;                                // of connections_, those over the Unix socket
  boost::intrusive::list<Connection> connections_;  // outlives the coroutines, which io_ owns
  bool draining_ = false;
  bool stopped_ = false;  // before the connections had ended
  net::IoLoop io_;
  net::Timer tick_{io_.executor()};
  TimePoint drain_deadline_ = TimePoint::max();
  std::string date_line_;
  std::time_t date_ = 0;
};

// A connection's place in its address's share.
class ConnectionPlace {
 public:
  ConnectionPlace(Shares& shares, std::string holder)
      : shares_(&shares), holder_(std::move(holder)) {}
  ConnectionPlace(ConnectionPlace&& other) noexcept
      : shares_(std::exchange(other.shares_, nullptr)), holder_(std::move(other.holder_)) {}
  ConnectionPlace& operator=(ConnectionPlace&&) = delete;
  ~ConnectionPlace() {
    if (shares_) shares_->Disconnect(holder_);
  }

 private:
  Shares* shares_;
  std::string holder_;
};

// Serves HTTP on `socket` until it ends; `refuse`: answer 503 and close. Defined in
// http_connection.cpp.
void Serve(HttpLoop& loop, net::Socket socket, TlsContext tls, ConnectionPlace place, bool is_local,
           bool refuse);

}  // namespace egd::http_server
