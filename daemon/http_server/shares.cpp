#include "daemon/http_server/shares.h"

#include <functional>

#include <boost/asio/ip/address.hpp>

#include "shared/base/strings.h"

namespace egd::http_server {

std::string Shares::HolderOf(const std::string& peer_address) {
  if (peer_address == "unix") return {};
  boost::system::error_code failure;
  const auto address = boost::asio::ip::make_address_v6(peer_address, failure);
  if (failure) return peer_address;
  const auto bytes = address.to_bytes();
  return "net " + std::string(bytes.begin(), bytes.begin() + 8);
}

Shares::Holders Shares::HoldersOf(const std::string& peer_address, const HttpRequest& request) {
  Holders holders = {HolderOf(peer_address)};
  if (holders[0].empty()) return {};
  for (const HttpHeader& header : request.headers) {
    if (!EqualsIgnoreCase(header.name, "Authorization")) continue;
    // Two that share a hash share a share: no harm.
    holders.push_back("key " + std::to_string(std::hash<std::string>()(header.value)));
    break;
  }
  return holders;
}

bool Shares::Connect(const std::string& holder) {
  if (holder.empty()) return true;
  return state_.With([&](State& state) {
    size_t& connections = state.holdings[holder].connections;
    if (connections >= limits_.connections) return false;
    ++connections;
    return true;
  });
}

void Shares::Disconnect(const std::string& holder) {
  if (holder.empty()) return;
  state_.With([&](State& state) {
    const auto held = state.holdings.find(holder);
    if (--held->second.connections == 0 && held->second.bytes == 0) state.holdings.erase(held);
  });
}

bool Shares::Take(const Holders& holders, uint64_t bytes) {
  if (holders.empty() || bytes == 0) return true;
  return state_.With([&](State& state) {
    if (state.total + bytes > limits_.total) return false;
    for (const std::string& holder : holders) {
      const auto held = state.holdings.find(holder);
      if ((held == state.holdings.end() ? 0 : held->second.bytes) + bytes > limits_.bytes) {
        return false;
      }
    }
    for (const std::string& holder : holders) state.holdings[holder].bytes += bytes;
    state.total += bytes;
    return true;
  });
}

void Shares::Return(const Holders& holders, uint64_t bytes) {
  if (holders.empty() || bytes == 0) return;
  state_.With([&](State& state) {
    state.total -= bytes;
    for (const std::string& holder : holders) {
      const auto held = state.holdings.find(holder);
      held->second.bytes -= bytes;
      if (held->second.bytes == 0 && held->second.connections == 0) state.holdings.erase(held);
    }
  });
}

}  // namespace egd::http_server
