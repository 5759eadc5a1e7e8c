#include "daemon/queue/delivery_engine.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "daemon/core/ip_network.h"
#include "daemon/net/client_tls.h"
#include "daemon/net/own_addresses.h"
#include "daemon/queue/lane_group.h"
#include "shared/base/guarded.h"
#include "shared/base/strings.h"

namespace egd::queue {
namespace {

// Recipients that each lane may have in memory: enough to keep its connections busy.
constexpr size_t kGuaranteedRoom = 20;
constexpr const char* kSmarthostLane = "smarthost";  // no domain: it has no dot

core::AddressGuard MakeGuard(const config::Config::Delivery& delivery) {
  auto allowed = core::ParseNetworks(delivery.allow_networks);
  if (!allowed) {
    throw std::invalid_argument("delivery.allow_networks: " + allowed.error().public_text);
  }
  return core::AddressGuard(*std::move(allowed), net::WatchOwnAddresses());
}

smtp_client::RouteOptions MakeRouteOptions(const EngineOptions& options) {
  smtp_client::RouteOptions route;
  route.mx_port = uint16_t(options.delivery.mx_port);
  route.own_name = Lower(options.hello_name);
  if (options.delivery.route != "smarthost") return route;
  route.smarthost = smtp_client::ParseSmarthost(options.delivery.smarthost);
  if (!route.smarthost) {
    throw std::invalid_argument("delivery.smarthost \"" + Printable(options.delivery.smarthost) +
                                "\" is not host:port");
  }
  return route;
}

std::string ReadPassword(const std::string& path) {
  std::ifstream file(path);
  std::string password;
  if (std::getline(file, password) && password.ends_with('\r')) password.pop_back();
  if (password.empty() || HasControl(password)) {
    throw std::invalid_argument("delivery.smarthost_password_file " + Printable(path) +
                                " cannot be read or has no password in its first line");
  }
  return password;
}

smtp_client::SessionOptions MakeSessionOptions(const EngineOptions& options) {
  smtp_client::SessionOptions session;
  session.hello_name = options.hello_name;
  session.timeouts = options.timeouts;
  const auto& delivery = options.delivery;
  if (delivery.route != "smarthost") return session;
  session.tls_at_once = delivery.smarthost_tls == "implicit";
  if (!delivery.smarthost_user.empty()) {
    session.login = {delivery.smarthost_user, ReadPassword(delivery.smarthost_password_file)};
  }
  return session;
}

}  // namespace

// In the order of dependency; destruction unwinds it.
struct DeliveryEngine::Parts {
  Parts(EngineOptions given, core::DeliveryLedger& ledger, core::Resolver& resolver,
        const Clock& clock, mailauth::StsPolicies* policies)
      : options(std::move(given)),
        tls(net::MakeOpportunisticTlsContext(options.delivery.ca_file)),
        router(MakeRouteOptions(options), MakeGuard(options.delivery), resolver),
        session(MakeSessionOptions(options)),
        retry(options.delivery.retry_schedule),
        signing(ledger, options.sign_threads, options.max_prepared_bytes),
        room(options.claims.max_in_flight, kGuaranteedRoom),
        lane_parts{options, clock, router, session, retry, *tls, signing, board, policies, room},
        claimer(options.claims, ledger, clock,
                [this](std::vector<core::DueRecipient> due) { Dispatch(std::move(due)); }) {
    for (size_t i = 0; i < options.io_threads; ++i) {
      groups.push_back(std::make_unique<LaneGroup>(lane_parts, ledger, claimer));
    }
  }

  void Dispatch(std::vector<core::DueRecipient> due);
  std::string LaneOf(const std::string& destination) const {
    return router.has_smarthost() ? kSmarthostLane : board.LaneOf(destination);
  }

  const EngineOptions options;
  const std::shared_ptr<boost::asio::ssl::context> tls;
  const smtp_client::MxRouter router;
  const smtp_client::SessionOptions session;
  const RetryPolicy retry;
  SigningPool signing;
  LaneBoard board;
  Guarded<core::Budget> room;
  const LaneParts lane_parts;
  Claimer claimer;
  std::vector<std::unique_ptr<LaneGroup>> groups;
};

void DeliveryEngine::Parts::Dispatch(std::vector<core::DueRecipient> due) {
  const std::string common_lane = router.has_smarthost() ? kSmarthostLane : "";
  auto transactions = Group(std::move(due), smtp_client::SmtpSession::kMaxRecipients, common_lane);
  std::vector<std::vector<Envelope>> by_group(groups.size());
  for (auto& transaction : transactions) {
    const size_t group = std::hash<std::string>()(transaction.lane) % groups.size();
    by_group[group].push_back(std::move(transaction));
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    if (!by_group[i].empty()) groups[i]->Submit(std::move(by_group[i]));
  }
}

DeliveryEngine::DeliveryEngine(EngineOptions options, core::DeliveryLedger& ledger,
                               core::Resolver& resolver, const Clock& clock,
                               mailauth::StsPolicies* policies)
    : parts_(std::make_unique<Parts>(std::move(options), ledger, resolver, clock, policies)) {}

DeliveryEngine::~DeliveryEngine() {
  Interrupt();
  Join();
}

void DeliveryEngine::Start() {
  parts_->signing.Start();
  for (size_t i = 0; i < parts_->groups.size(); ++i) {
    parts_->groups[i]->Start("egd-mail." + std::to_string(i));
  }
  parts_->claimer.Start();
}

void DeliveryEngine::Interrupt() {
  parts_->claimer.Interrupt();
  for (auto& group : parts_->groups) group->Interrupt();
}

// The claimer first: what its last claim brings must still find the groups at work, to be given
// back.
void DeliveryEngine::Join() {
  parts_->claimer.Join();
  for (auto& group : parts_->groups) group->Join();
  parts_->signing.Interrupt();
  parts_->signing.Join();
}

void DeliveryEngine::Wake() {
  parts_->claimer.Wake();
}

void DeliveryEngine::Pause(const std::string& destination) {
  for (auto& group : parts_->groups) group->Pause(destination);
}

void DeliveryEngine::Resume(const std::string& destination) {
  for (auto& group : parts_->groups) group->Resume(destination);
}

void DeliveryEngine::Retry(const std::string& destination) {
  for (auto& group : parts_->groups) group->Retry(parts_->LaneOf(destination));
}

std::optional<LaneStatus> DeliveryEngine::Status(const std::string& destination) const {
  return parts_->board.Find(parts_->LaneOf(destination));
}

size_t DeliveryEngine::in_flight() const {
  return parts_->claimer.in_flight();
}

}  // namespace egd::queue
