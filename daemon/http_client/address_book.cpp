#include "daemon/http_client/address_book.h"

#include <algorithm>
#include <utility>

namespace egd::http_client {

void AddressBook::Find(const HttpUrl& url, Done done) {
  if (url.address) {
    Host literal;
    literal.addresses = {*url.address};
    return done(Verdict(literal));
  }
  ForgetOld();
  const auto [found, is_new] = hosts_.try_emplace(url.host);
  Host& host = found->second;
  if (host.open_questions == 0 && clock_.Now() < host.keep_until) return done(Verdict(host));
  host.waiting.push_back(std::move(done));
  if (host.open_questions > 0) return;
  host = Host{2, false, {}, 0, std::move(host.waiting)};
  Ask(url.host, core::DnsType::kA);
  Ask(url.host, core::DnsType::kAaaa);
}

void AddressBook::Ask(const std::string& name, core::DnsType type) {
  resolver_.Resolve(name, type, [this, name, inbox = inbox_](const core::DnsAnswer& answer) {
    inbox->Put([this, name, answer] { Answered(name, answer); });
  });
}

void AddressBook::Answered(const std::string& name, const core::DnsAnswer& answer) {
  Host& host = hosts_.at(name);
  if (answer.status == core::DnsStatus::kTempError) host.failed = true;
  for (const std::string& text : answer.values) {
    if (const auto address = core::IpAddress::Parse(text)) host.addresses.push_back(*address);
  }
  if (--host.open_questions > 0) return;
  const auto verdict = Verdict(host);
  host.keep_until = clock_.Now() + (verdict ? kKeepMillis : kKeepFailureMillis);
  const auto waiting = std::exchange(host.waiting, {});
  for (const Done& done : waiting) done(verdict);
}

Result<AddressBook::Addresses> AddressBook::Verdict(const Host& host) const {
  const bool allowed = std::ranges::all_of(
      host.addresses, [&](const core::IpAddress& address) { return guard_.Allows(address); });
  if (!allowed) return Forbidden("The host's address is forbidden");
  if (!host.addresses.empty()) return host.addresses;
  if (host.failed) return Unavailable("The host's name servers do not answer");
  return NotFound("The host has no address");
}

// Only when there are too many; those that are asked for stay.
void AddressBook::ForgetOld() {
  if (hosts_.size() < kMostHosts) return;
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.open_questions == 0; });
}

}  // namespace egd::http_client
