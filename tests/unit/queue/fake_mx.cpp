#include "tests/unit/queue/fake_mx.h"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "shared/base/strings.h"

namespace egd::queue {

namespace asio = boost::asio;
using net::kAwaitTuple;
using net::Task;

struct FakeMx::Peer {
  explicit Peer(Socket accepted) : socket(std::move(accepted)) {}
  Socket socket;
  std::string unread;
  Message message;
  bool has_sender = false;

  void Forget() {
    message = {};
    has_sender = false;
  }
};

FakeMx::FakeMx(const std::string& address, uint16_t port)
    : address_(address),
      acceptor_(context_.get_executor(), {asio::ip::make_address(address), port}),
      port_(acceptor_.local_endpoint().port()) {
  net::Spawn(context_.get_executor(), Accept(), "the fake server threw");
  thread_ = std::thread([this] { context_.run(); });
}

FakeMx::~FakeMx() {
  asio::post(context_, [this] {
    acceptor_.close();
    for (auto& [key, peer] : peers_) peer->socket.close();
  });
  thread_.join();
}

void FakeMx::SetRule(Rule rule) {
  const std::lock_guard lock(mutex_);
  rule_ = std::move(rule);
}

void FakeMx::DropConnections() {
  asio::post(context_, [this] {
    for (auto& [key, peer] : peers_) peer->socket.close();
  });
}

std::vector<FakeMx::Message> FakeMx::messages() {
  const std::lock_guard lock(mutex_);
  return messages_;
}

size_t FakeMx::connections() {
  const std::lock_guard lock(mutex_);
  return connections_;
}

size_t FakeMx::most_connections() {
  const std::lock_guard lock(mutex_);
  return most_open_;
}

Task<void> FakeMx::Accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwaitTuple);
    if (error) co_return;
    socket.set_option(asio::ip::tcp::no_delay(true));
    const auto peer = std::make_shared<Peer>(std::move(socket));
    peers_[peer.get()] = peer;
    net::Spawn(context_.get_executor(), Serve(peer), "the fake server threw");
  }
}

Task<void> FakeMx::Serve(std::shared_ptr<Peer> peer) {
  {
    const std::lock_guard lock(mutex_);
    ++connections_;
    most_open_ = std::max(most_open_, ++open_);
  }
  bool goes_on = co_await Answer(*peer, "");
  while (goes_on) {
    std::string line = co_await ReadUntil(*peer, "\r\n");
    if (line == "(gone)") break;
    if (line == "QUIT") goes_on = false;
    const bool said = co_await Answer(*peer, std::move(line));
    goes_on = goes_on && said;
  }
  peers_.erase(peer.get());
  const std::lock_guard lock(mutex_);
  --open_;
}

Task<bool> FakeMx::Answer(Peer& peer, std::string line) {
  std::string reply;
  {
    const std::lock_guard lock(mutex_);
    if (line.starts_with("MAIL") || line == "RSET") peer.Forget();
    if (rule_) reply = rule_(line);
    if (reply.empty() || reply == kTakeAndDrop) {
      const std::string usual = Usual(peer, line);
      reply = reply.empty() ? usual : kDrop;
    }
  }
  if (reply == kDrop) co_return false;
  if (reply == kHang) co_return true;
  reply += "\r\n";
  const auto [error, size] =
      co_await asio::async_write(peer.socket, asio::buffer(reply), kAwaitTuple);
  if (error) co_return false;
  if (!reply.starts_with("354")) co_return true;
  peer.unread.insert(0, "\r\n");  // so that a lone dot is an end, too
  peer.message.content = co_await ReadUntil(peer, "\r\n.\r\n");
  if (peer.message.content == "(gone)") co_return false;
  if (!peer.message.content.empty()) peer.message.content.erase(0, 2);
  co_return co_await Answer(peer, ".");
}

std::string FakeMx::Usual(Peer& peer, const std::string& line) {
  if (line.empty()) return "220 " + address_ + " ESMTP";
  if (line.starts_with("EHLO")) return "250-" + address_ + "\r\n250-PIPELINING\r\n250 8BITMIME";
  if (line.starts_with("MAIL FROM:<")) {
    peer.has_sender = true;
    peer.message.from = line.substr(11, line.find('>') - 11);
    return "250 2.1.0 ok";
  }
  if (line.starts_with("RCPT TO:<")) {
    if (!peer.has_sender) return "503 5.5.1 no sender";
    peer.message.to.push_back(line.substr(9, line.find('>') - 9));
    return "250 2.1.5 ok";
  }
  if (line == "DATA") return peer.message.to.empty() ? "554 5.5.1 no valid recipients" : "354 go";
  if (line == ".") {
    messages_.push_back(peer.message);
    return "250 2.0.0 queued as " + std::to_string(messages_.size());
  }
  if (line == "RSET") return "250 2.0.0 ok";
  if (line == "QUIT") return "221 2.0.0 bye";
  return "500 5.5.1 what?";
}

Task<std::string> FakeMx::ReadUntil(Peer& peer, std::string end) {
  size_t found;
  while ((found = peer.unread.find(end)) == std::string::npos) {
    char bytes[4096];
    const auto [error, size] =
        co_await peer.socket.async_read_some(asio::buffer(bytes), kAwaitTuple);
    if (error) co_return "(gone)";
    peer.unread.append(bytes, size);
  }
  std::string text = peer.unread.substr(0, found);
  peer.unread.erase(0, found + end.size());
  co_return text;
}

}  // namespace egd::queue
