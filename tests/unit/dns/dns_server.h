// A DNS server in the test's own process: 127.0.0.1, UDP and TCP on one free port, one thread. What
// it answers is scripted a question; what is not scripted is answered NXDOMAIN.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "shared/base/guarded.h"

namespace egd::dns {

// The wire form of names, records and messages.
std::string WireShort(uint16_t value);
std::string WireName(const std::string& name);
std::string WireRecord(const std::string& owner, uint16_t type, const std::string& data);

struct Query {
  std::string id;        // 2 bytes
  std::string question;  // name, type and class as on the wire
  std::string name;
  uint16_t type = 0;
  bool tcp = false;
  bool edns = false;  // has a record after the question
};
// A reply with this response code and these records.
std::string WireReply(const Query& query, int rcode, const std::vector<std::string>& records,
                      bool truncated = false);

// Zero, one or several datagrams (over TCP: only the first is sent).
using Script = std::function<std::vector<std::string>(const Query&)>;

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void On(const std::string& name, Script script);
  void OnAny(Script script);  // whatever has no script of its own
  int queries() const { return queries_; }

 private:
  struct Scripts {
    std::map<std::string, Script> by_name;
    Script any;
  };
  void Run();
  void ServeUdp();
  void ServeTcp();
  std::vector<std::string> Replies(const std::string& packet, bool tcp);

  int udp_ = -1, tcp_ = -1, stop_ = -1;
  int port_ = 0;
  std::atomic<int> queries_{0};
  Guarded<Scripts> scripts_;
  std::thread thread_;
};

}  // namespace egd::dns
