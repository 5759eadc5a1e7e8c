// What all sessions of a Server share: its limits, whom mail goes to, the threads for work that
// blocks, and who is connected. Internal to smtp_server. Only for the io thread, except where it
// says otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include <boost/intrusive/list.hpp>

#include "daemon/net/worker_pool.h"
#include "daemon/smtp_server/client_stream.h"
#include "daemon/smtp_server/server.h"
#include "daemon/smtp_server/spool.h"
#include "shared/base/guarded.h"

namespace egd::smtp_server {

// One connection, as the others see it.
class Connection : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Connection() = default;
  // Ends its wait for the client, or the next one, with `farewell`. What is being committed is
  // committed, and answered.
  virtual void End(std::string_view farewell) = 0;
  virtual bool is_stranger() const = 0;  // has not authenticated
  virtual bool is_waiting() const = 0;   // for a command
  virtual bool in_transaction() const = 0;
  virtual std::chrono::steady_clock::time_point waiting_since() const = 0;
  virtual const std::string& network() const = 0;  // its address, or an IPv6 /64
};

// Lets large messages into memory a few at a time, in their order.
class LargeMessages {
 public:
  explicit LargeMessages(uint64_t max_bytes) : max_bytes_(max_bytes) {}
  void Enter(uint64_t bytes, std::function<void(bool)> go_on);
  void Leave(uint64_t bytes);

 private:
  struct Waiting {
    uint64_t bytes;
    std::function<void(bool)> go_on;
  };
  const uint64_t max_bytes_;
  uint64_t inside_ = 0;
  std::deque<Waiting> waiting_;
};

// Who is connected, and who of them has to make room.
class Connected {
 public:
  Connected(size_t most, size_t most_strangers_per_address)
      : most_(most), most_per_address_(most_strangers_per_address) {}

  void Add(Connection& connection);  // a stranger
  void Authenticated(Connection& connection);
  void Remove(Connection& connection);
  // Where that is needed for one more from `network`, asks the stranger to go that has waited for
  // a command longest: in no transaction, or in one for too long. False: there is no room.
  bool MakeRoom(const std::string& network);
  void Drain();   // those who are in no transaction are told to go
  void CutAll();  // everybody is
  bool empty() const { return all_.empty(); }

 private:
  bool EvictFrom(const std::string& network, std::chrono::seconds silence);

  const size_t most_, most_per_address_;
  boost::intrusive::list<Connection> all_;  // oldest first
  std::map<std::string, size_t> strangers_;
};

struct Host {
  Host(ServerOptions given, core::MailLogin& to_log_in, core::MailSink& to_inbound,
       core::SmtpSessionLog& session_log, const Clock& wall_clock);

  const ServerOptions options;
  core::MailLogin& login;
  core::MailSink& inbound;
  core::SmtpSessionLog& log;
  const Clock& clock;
  SpoolBudget spool;
  LargeMessages large_messages;
  Connected connected;
  Guarded<TlsContext> tls;  // any thread
  std::atomic<bool> draining{false};
  std::function<void()> on_empty;  // while draining: the last session has ended
  uint64_t next_session_id = 1;
  net::WorkerPool<std::function<void()>> workers;
};

}  // namespace egd::smtp_server
