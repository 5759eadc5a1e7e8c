#include "tests/unit/dns/dns_server.h"

#include <stdexcept>

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/strings.h"

namespace egd::dns {
namespace {

// "www.example.com" from its wire form; moves `at` behind it.
std::string ReadName(const std::string& packet, size_t& at) {
  std::string name;
  while (at < packet.size() && packet[at] != 0) {
    const auto length = uint8_t(packet[at]);
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, length);
    at += 1u + length;
  }
  ++at;
  return Lower(name);
}

Query ReadQuery(const std::string& packet, bool tcp) {
  Query query;
  query.id = packet.substr(0, 2);
  size_t at = 12;
  query.name = ReadName(packet, at);
  query.type = uint16_t(uint8_t(packet.at(at)) << 8 | uint8_t(packet.at(at + 1)));
  query.question = packet.substr(12, at + 4 - 12);
  query.tcp = tcp;
  query.edns = packet[11] != 0;
  return query;
}

int Listen(int kind, int port) {
  const int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(uint16_t(port));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      (kind == SOCK_STREAM && listen(fd, 16) != 0)) {
    close(fd);
    return -1;
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

std::string WireShort(uint16_t value) {
  return {char(value >> 8), char(value & 255)};
}

std::string WireName(const std::string& name) {
  std::string wire;
  for (const auto label : Split(name, '.')) {
    if (label.empty()) continue;
    wire += char(label.size());
    wire += label;
  }
  return wire + '\0';
}

std::string WireRecord(const std::string& owner, uint16_t type, const std::string& data) {
  return WireName(owner) + WireShort(type) + WireShort(1) + std::string("\0\0\0\x3c", 4) +
         WireShort(uint16_t(data.size())) + data;
}

std::string WireReply(const Query& query, int rcode, const std::vector<std::string>& records,
                      bool truncated) {
  const uint16_t flags = uint16_t(0x8180 | (truncated ? 0x0200 : 0) | rcode);
  std::string reply = query.id + WireShort(flags) + WireShort(1) +
                      WireShort(uint16_t(records.size())) + WireShort(0) + WireShort(0) +
                      query.question;
  for (const auto& record : records) reply += record;
  return reply;
}

DnsServer::DnsServer() {
  for (int attempt = 0; attempt < 50 && tcp_ < 0; ++attempt) {  // one port free for both
    if (udp_ >= 0) close(udp_);
    udp_ = Listen(SOCK_DGRAM, 0);
    const int room = 1 << 20;  // for as many questions as the resolver has in flight
    setsockopt(udp_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    port_ = PortOf(udp_);
    tcp_ = Listen(SOCK_STREAM, port_);
  }
  if (tcp_ < 0) throw std::runtime_error("no free port");
  stop_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

DnsServer::~DnsServer() {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(stop_, &one, sizeof one);
  thread_.join();
  for (const int fd : {udp_, tcp_, stop_}) close(fd);
}

void DnsServer::On(const std::string& name, Script script) {
  scripts_.With([&](Scripts& scripts) { scripts.by_name[name] = std::move(script); });
}

void DnsServer::OnAny(Script script) {
  scripts_.With([&](Scripts& scripts) { scripts.any = std::move(script); });
}

std::vector<std::string> DnsServer::Replies(const std::string& packet, bool tcp) {
  ++queries_;
  const Query query = ReadQuery(packet, tcp);
  const Script script = scripts_.With([&](const Scripts& scripts) {
    const auto found = scripts.by_name.find(query.name);
    return found == scripts.by_name.end() ? scripts.any : found->second;
  });
  if (!script) return {WireReply(query, 3, {})};
  return script(query);
}

void DnsServer::ServeUdp() {
  std::string packet(4096, '\0');
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  const auto got =
      recvfrom(udp_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
  if (got < 17) return;
  for (const auto& reply : Replies(packet.substr(0, size_t(got)), false)) {
    sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
  }
}

void DnsServer::ServeTcp() {
  const int fd = accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
  const timeval limit{2, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::string packet(4096, '\0');
  size_t got = 0;
  while (got < 2 || got < 2u + (uint8_t(packet[0]) << 8 | uint8_t(packet[1]))) {
    const auto more = recv(fd, packet.data() + got, packet.size() - got, 0);
    if (more <= 0) break;
    got += size_t(more);
  }
  if (got > 18) {
    const auto replies = Replies(packet.substr(2, got - 2), true);
    if (!replies.empty()) {
      const std::string framed = WireShort(uint16_t(replies[0].size())) + replies[0];
      [[maybe_unused]] const auto sent = send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }
  close(fd);
}

void DnsServer::Run() {
  pollfd polled[] = {{udp_, POLLIN, 0}, {tcp_, POLLIN, 0}, {stop_, POLLIN, 0}};
  while (poll(polled, 3, -1) >= 0 && polled[2].revents == 0) {
    if (polled[0].revents != 0) ServeUdp();
    if (polled[1].revents != 0) ServeTcp();
  }
}

}  // namespace egd::dns
