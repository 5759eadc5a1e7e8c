// What clients hold of the edge: connections, and the bytes of requests and replies that are in memory.
//
// Each holder has a share, so that one client leaves room for the others: an address (of IPv6 its
// /64, which is one customer), and a credential, wherever it comes from. A total bounds the bytes of
// all. Peers of the Unix socket are the operator; they have no share and are always served.
//
// One Shares an Edge. Thread-safe; a call costs one look-up under a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http_server/http_message.h"
#include "shared/base/guarded.h"

namespace egd::http_server {

class Shares {
 public:
  struct Limits {
    size_t connections = SIZE_MAX;  // of an address
    uint64_t bytes = UINT64_MAX;    // of a holder
    uint64_t total = UINT64_MAX;    // bytes of all
  };
  using Holders = std::vector<std::string>;

  explicit Shares(Limits limits) : limits_(limits) {}

  // The peer's address as it counts; empty for the Unix socket.
  static std::string HolderOf(const std::string& peer_address);
  // That and the request's credential, if it has one in its head.
  static Holders HoldersOf(const std::string& peer_address, const HttpRequest& request);

  // False, and nothing is counted, when a share or the total would be exceeded.
  bool Connect(const std::string& holder);
  void Disconnect(const std::string& holder);
  bool Take(const Holders& holders, uint64_t bytes);
  void Return(const Holders& holders, uint64_t bytes);

 private:
  struct Holding {
    size_t connections = 0;
    uint64_t bytes = 0;
  };
  struct State {
    std::map<std::string, Holding, std::less<>> holdings;  // of those who hold something
    uint64_t total = 0;
  };
  const Limits limits_;
  Guarded<State> state_;
};

}  // namespace egd::http_server
