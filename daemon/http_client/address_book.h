// The addresses of webhook hosts, checked: a name that leads to any address the gateway must not
// connect to is refused as a whole, so that no mixture of answers slips one through. Answers are
// kept for 30 seconds, failures for 5: a busy endpoint costs no look-up a post.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/core/ip_network.h"
#include "daemon/core/resolver.h"
#include "daemon/http_client/http_url.h"
#include "daemon/http_client/inbox.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"

namespace egd::http_client {

// On its owner's thread; the resolver's answers come in by the inbox.
class AddressBook {
 public:
  static constexpr UnixMillis kKeepMillis = 30'000, kKeepFailureMillis = 5'000;
  static constexpr size_t kMostHosts = 10'000;
  using Addresses = std::vector<core::IpAddress>;
  using Done = std::function<void(Result<Addresses>)>;

  AddressBook(core::Resolver& resolver, const core::AddressGuard& guard, const Clock& clock,
              std::shared_ptr<Inbox> inbox)
      : resolver_(resolver), guard_(guard), clock_(clock), inbox_(std::move(inbox)) {}

  // `done` runs once, now or later. kForbidden: an address that is not to be connected to;
  // kNotFound: there is no such host; kUnavailable: the DNS does not answer.
  void Find(const HttpUrl& url, Done done);

 private:
  struct Host {
    int open_questions = 0;
    bool failed = false;  // a question was not answered
    Addresses addresses;
    UnixMillis keep_until = 0;
    std::vector<Done> waiting;
  };

  void Ask(const std::string& name, core::DnsType type);
  void Answered(const std::string& name, const core::DnsAnswer& answer);
  Result<Addresses> Verdict(const Host& host) const;
  void ForgetOld();

  core::Resolver& resolver_;
  const core::AddressGuard& guard_;
  const Clock& clock_;
  const std::shared_ptr<Inbox> inbox_;
  std::unordered_map<std::string, Host> hosts_;
};

}  // namespace egd::http_client
