#include "daemon/smtp_server/host.h"

#include <algorithm>

namespace egd::smtp_server {
namespace {

// Of a busy client's many connections, those that are being set up are left alone. No client that
// has mail to send needs as long for its next command.
constexpr std::chrono::seconds kPatience{5};
// So many times its cap an address may have, while those over it are being set up or asked to go.
constexpr size_t kOverCap = 2;

}  // namespace

void LargeMessages::Enter(uint64_t bytes, std::function<void(bool)> go_on) {
  const bool fits = inside_ == 0 || inside_ + bytes <= max_bytes_;
  if (!fits || !waiting_.empty()) {
    waiting_.push_back({bytes, std::move(go_on)});
    return;
  }
  inside_ += bytes;
  go_on(true);
}

void LargeMessages::Leave(uint64_t bytes) {
  inside_ -= bytes;
  while (!waiting_.empty() && (inside_ == 0 || inside_ + waiting_.front().bytes <= max_bytes_)) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    inside_ += next.bytes;
    next.go_on(true);
  }
}

void Connected::Add(Connection& connection) {
  all_.push_back(connection);
  ++strangers_[connection.network()];
}

void Connected::Authenticated(Connection& connection) {
  const auto found = strangers_.find(connection.network());
  if (found != strangers_.end() && --found->second == 0) strangers_.erase(found);
}

void Connected::Remove(Connection& connection) {
  if (connection.is_stranger()) Authenticated(connection);
  all_.erase(all_.iterator_to(connection));
}

bool Connected::MakeRoom(const std::string& network) {
  const auto found = strangers_.find(network);
  const size_t strangers = found == strangers_.end() ? 0 : found->second;
  if (strangers >= most_per_address_) EvictFrom(network, kPatience);
  if (strangers >= kOverCap * most_per_address_) return false;
  return all_.size() < most_ || EvictFrom("", std::chrono::seconds(0));
}

// The one that has waited for longest came first, or nearly so.
bool Connected::EvictFrom(const std::string& network, std::chrono::seconds silence) {
  const auto now = std::chrono::steady_clock::now();
  const auto victim = std::ranges::find_if(all_, [&](const Connection& connection) {
    const auto least = connection.in_transaction() ? kPatience : silence;
    return connection.is_stranger() && connection.is_waiting() &&
           connection.waiting_since() <= now - least &&
           (network.empty() || connection.network() == network);
  });
  if (victim == all_.end()) return false;
  victim->End("421 4.7.0 Too many connections");
  return true;
}

void Connected::Drain() {
  for (Connection& connection : all_) {
    const bool idle = connection.is_waiting() && !connection.in_transaction();
    if (idle) connection.End("421 4.3.2 Shutting down");
  }
}

void Connected::CutAll() {
  for (Connection& connection : all_) connection.End("421 4.3.2 Shutting down");
}

}  // namespace egd::smtp_server
