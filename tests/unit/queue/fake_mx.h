// A mail server on loopback with a thread of its own: takes everything, unless the test says
// otherwise.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "daemon/net/spawn.h"

namespace egd::queue {

class FakeMx {
 public:
  struct Message {
    std::string from;
    std::vector<std::string> to;
    std::string content;
  };

  // Port 0: a free one. Port given: so that several servers share it on different loopback
  // addresses.
  explicit FakeMx(const std::string& address = "127.0.0.1", uint16_t port = 0);
  ~FakeMx();

  // What to say to a line instead of the usual; runs on the server's thread, under its lock. "" as
  // line: the greeting; ".": the end of the content. Reply "": the usual; kDrop: hang up; kHang:
  // say nothing and read on.
  using Rule = std::function<std::string(const std::string& line)>;
  static constexpr const char* kDrop = "drop";
  static constexpr const char* kHang = "hang";
  static constexpr const char* kTakeAndDrop = "take and drop";  // to ".": the reply is lost
  void SetRule(Rule rule);

  void DropConnections();  // all that are open, as a server does with idle ones

  uint16_t port() const { return port_; }
  const std::string& address() const { return address_; }
  std::vector<Message> messages();
  size_t connections();       // so far
  size_t most_connections();  // at once

 private:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, net::Executor>;
  struct Peer;

  net::Task<void> Accept();
  net::Task<void> Serve(std::shared_ptr<Peer> peer);
  net::Task<bool> Answer(Peer& peer, std::string line);
  net::Task<std::string> ReadUntil(Peer& peer, std::string end);
  std::string Usual(Peer& peer, const std::string& line);

  const std::string address_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, net::Executor> acceptor_;
  uint16_t port_;
  std::map<Peer*, std::shared_ptr<Peer>> peers_;  // only on the thread
  std::mutex mutex_;
  Rule rule_;
  std::vector<Message> messages_;
  size_t connections_ = 0;
  size_t open_ = 0;
  size_t most_open_ = 0;
  std::thread thread_;
};

}  // namespace egd::queue
