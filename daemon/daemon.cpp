#include "daemon/daemon.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "daemon/api/handlers/accounts.h"
#include "daemon/api/handlers/bulk.h"
#include "daemon/api/handlers/captured.h"
#include "daemon/api/handlers/delivery.h"
#include "daemon/api/handlers/domains.h"
#include "daemon/api/handlers/email.h"
#include "daemon/api/handlers/events.h"
#include "daemon/api/handlers/inbound.h"
#include "daemon/api/handlers/journeys.h"
#include "daemon/api/handlers/keys.h"
#include "daemon/api/handlers/lists.h"
#include "daemon/api/handlers/operation.h"
#include "daemon/api/handlers/relaying.h"
#include "daemon/api/handlers/reports.h"
#include "daemon/api/handlers/sent_messages.h"
#include "daemon/api/handlers/smtp.h"
#include "daemon/api/handlers/smtp_relay.h"
#include "daemon/api/handlers/statistics.h"
#include "daemon/api/handlers/subject.h"
#include "daemon/api/handlers/suppressions.h"
#include "daemon/api/handlers/templates.h"
#include "daemon/api/handlers/tracking.h"
#include "daemon/api/handlers/webhook_deliveries.h"
#include "daemon/api/handlers/webhooks.h"
#include "daemon/auth/admin_key.h"
#include "daemon/core/memory_plan.h"
#include "daemon/http_client/curl_transport.h"
#include "daemon/net/inherited.h"
#include "daemon/net/own_addresses.h"
#include "daemon/net/self_signed.h"
#include "daemon/process.h"
#include "daemon/service/accounts/master_key.h"
#include "daemon/service/upkeep/readings.h"
#include "daemon/store/domain_store.h"
#include "daemon/tracking_server/unsubscribe_page.h"
#include "shared/base/log.h"
#include "shared/base/sha256.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"
#include "shared/catalogue/openapi.h"
#include "shared/config/options.h"

namespace egd {
namespace {

bool WantsSmtp(const config::Config& config) {
  return !config.smtp.listen.empty() || !config.smtp.listen_tls.empty();
}

// How many clients the API, tracking and SMTP may each have. Of what files may be open, half is for
// clients, in equal parts for those who listen; the other half, with what a start has opened already
// and the few of /metrics, is for the store, the DNS, deliveries and webhooks, which must go on under
// any crowd.
size_t ConnectionsEach(const config::Config& config) {
  constexpr size_t kReserve = 192, kLeast = 16;
  const size_t servers = 1 + size_t(!config.tracking.listen.empty()) + size_t(WantsSmtp(config));
  const size_t open = MostOpenFiles();
  return std::max((open > kReserve ? open - kReserve : 0) / 2 / servers, kLeast);
}

core::MemoryPlan PlanFor(const config::Config& config) {
  const int64_t chosen = config.limits.memory_bytes;
  return core::PlanMemory(chosen > 0 ? uint64_t(chosen) : MemoryThereIs(),
                          uint64_t(config.http.max_body_bytes));
}

// What may come in one request: fewer than the operator allows where there is no memory for it.
uint64_t LargestBody(const config::Config& config, const core::MemoryPlan& memory) {
  const auto chosen = uint64_t(config.http.max_body_bytes);
  if (chosen <= memory.largest_body) return chosen;
  log::Warning("there is no memory to answer requests of http.max_body_bytes",
               {{"http.max_body_bytes", std::to_string(chosen)},
                {"largest_body", std::to_string(memory.largest_body)}});
  return memory.largest_body;
}

api::ServerOptions ServerOptions(const config::Config& config, store::Store& store,
                                 metrics::Metrics& metrics, std::function<Result<void>()> ready) {
  api::ServerOptions options;
  options.edge.listen = config.http.listen;
  options.edge.unix_socket = config.http.unix_socket;
  options.edge.tls_certificate = config.http.tls_certificate;
  options.edge.tls_key = config.http.tls_key;
  const core::MemoryPlan memory = PlanFor(config);
  options.edge.max_body_bytes = LargestBody(config, memory);
  options.edge.max_held_bytes = memory.held;
  options.edge.max_connections =
      std::min<size_t>({options.edge.max_connections, ConnectionsEach(config), memory.connections});
  options.working_memory = memory.answering;
  options.threads = config.http.threads;
  options.api_requests = config.limits.api_requests;
  options.v1_errors_as_200 = config.api.v1_errors_as_200;
  options.proxies = core::TrustedProxies(*core::ParseNetworks(config.http.trusted_proxies));
  options.openapi = catalogue::OpenApi();
  options.answered = [&metrics](int status, std::chrono::nanoseconds took) {
    metrics.CountRequest(status, took);
  };
  options.ready = std::move(ready);
  options.serves_host = [&store](const std::string& host) {
    return store.Read([&](store::Connection& connection) {
      return store::DomainStore(connection).IsTrackingHost(host);
    });
  };
  return options;
}

service::TrackingSettings TrackingSettings(const config::Config& config) {
  return {!config.tracking.listen.empty(), config.tracking.url_scheme};
}

service::StoredAddress StoredAddress(const config::Config& config) {
  if (config.tracking.store_ip == "none") return service::StoredAddress::kNone;
  if (config.tracking.store_ip == "truncated") return service::StoredAddress::kTruncated;
  return service::StoredAddress::kFull;
}

// `page`: the text of [tracking] unsubscribe_page.
tracking_server::ServerOptions TrackingServerOptions(const config::Config& config,
                                                     std::string page) {
  tracking_server::ServerOptions options;
  options.edge.listen = config.tracking.listen;
  const core::MemoryPlan memory = PlanFor(config);
  options.edge.max_held_bytes = std::min(options.edge.max_held_bytes, memory.tracking);
  options.edge.max_connections =
      std::min<size_t>({options.edge.max_connections, ConnectionsEach(config), memory.connections});
  options.edge.tls_certificate = config.tracking.tls_certificate;
  options.edge.tls_key = config.tracking.tls_key;
  options.proxies = core::TrustedProxies(*core::ParseNetworks(config.tracking.trusted_proxies));
  options.respect_dnt = config.tracking.respect_dnt;
  options.unsubscribe_page = std::move(page);
  return options;
}

queue::EngineOptions EngineOptions(const config::Config& config) {
  queue::EngineOptions options;
  options.delivery = config.delivery;
  options.destinations = config.destinations;
  options.timeouts.LimitTo(config.delivery.longest_wait);
  options.max_prepared_bytes = size_t(PlanFor(config).prepared);
  options.hello_name = config.gateway.hostname;
  return options;
}

service::AcceptanceOptions AcceptanceOptions(const config::Config& config) {
  service::AcceptanceOptions options;
  options.limits.max_recipients = size_t(config.limits.max_recipients);
  options.limits.max_bytes = size_t(config.limits.max_message_bytes);
  options.max_scheduled = config.limits.scheduled_messages;
  options.hostname = config.gateway.hostname;
  options.tracking = !config.tracking.listen.empty();
  options.expire_after = config.delivery.expire_after;
  return options;
}

// Without a certificate of the operator's: one of our own in the data directory.
smtp_server::ServerOptions SmtpOptions(const config::Config& config) {
  const bool own = config.smtp.tls_certificate.empty();
  smtp_server::ServerOptions options;
  options.listen = config.smtp.listen;
  options.listen_tls = config.smtp.listen_tls;
  options.tls_certificate = own ? config.data_dir + "/smtp.crt" : config.smtp.tls_certificate;
  options.tls_key = own ? config.data_dir + "/smtp.key" : config.smtp.tls_key;
  options.old_tls = config.smtp.tls_min == "1.0";
  options.allow_plaintext_auth = config.smtp.allow_plaintext_auth;
  options.hostname = config.gateway.hostname;
  options.data_dir = config.data_dir;
  options.max_message_bytes = uint64_t(config.limits.max_message_bytes);
  options.max_spooled_memory = PlanFor(config).spool;
  options.max_recipients = size_t(config.limits.max_recipients);
  options.max_connections = std::min(size_t(config.smtp.max_connections), ConnectionsEach(config));
  options.max_connections_per_address = size_t(config.smtp.max_connections_per_address);
  options.command_timeout = config.smtp.command_timeout;
  options.stranger_timeout = std::min(options.stranger_timeout, options.command_timeout);
  return options;
}

// The loader has checked the networks.
core::AddressGuard GuardFor(const std::vector<std::string>& allow_networks) {
  return core::AddressGuard(*core::ParseNetworks(allow_networks), net::WatchOwnAddresses());
}

core::AddressGuard WebhookGuard(const config::Config& config) {
  return GuardFor(config.webhooks.allow_networks);
}

// Whose mail is ours: it comes from this machine, or as the operator says.
service::ReportBook::IsOurs IsOurAddress(const config::Config& config) {
  return [networks = *core::ParseNetworks(config.gateway.outbound_networks),
          is_own = net::WatchOwnAddresses()](const core::IpAddress& address) {
    return is_own(address) || std::ranges::any_of(networks, [&](const core::IpNetwork& network) {
             return network.Contains(address);
           });
  };
}

// Policies come from where mail may go.
core::AddressGuard DeliveryGuard(const config::Config& config) {
  return GuardFor(config.delivery.allow_networks);
}

std::unique_ptr<http_client::Transport> StsTransport(const config::Config& config) {
  return std::make_unique<http_client::CurlTransport>(
      smtp_client::StsTransportOptions(config.delivery.ca_file), DeliveryGuard(config));
}

std::unique_ptr<http_client::Transport> WebhookTransport(const config::Config& config) {
  http_client::CurlOptions options;
  options.timeout = std::chrono::milliseconds(config.webhooks.timeout_ms);
  options.ca_file = config.webhooks.ca_file;
  return std::make_unique<http_client::CurlTransport>(options, WebhookGuard(config));
}

// The look-up and the post.
std::chrono::milliseconds LongestPost(const config::Config& config) {
  const auto lookup = std::chrono::milliseconds(config.dns.timeout_ms) * config.dns.tries;
  return lookup + std::chrono::milliseconds(config.webhooks.timeout_ms) + std::chrono::seconds(1);
}

// Empty without a file: the built-in page.
Result<std::string> ReadUnsubscribePage(const std::string& path) {
  if (path.empty()) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) return Unavailable("tracking.unsubscribe_page " + path + " cannot be read");
  const std::string missing = tracking_server::MissingPlaceholder(page);
  if (missing.empty()) return page;
  return InvalidArgument("tracking.unsubscribe_page " + path + " has no " + missing);
}

void LogFailure(std::string_view event, const Result<void>& result) {
  if (result) return;
  log::Error(event, {{"error", result.error().public_text}, {"detail", result.error().detail}});
}

}  // namespace

Result<Daemon::Opened> Daemon::Open(const config::Config& config) {
  store::StoreOptions options;
  options.group_commit = config.store.group_commit;
  options.reading_threads = size_t(config.http.threads);
  const auto address_key = std::make_shared<std::string>();
  options.address_hash = [address_key](std::string_view address) {
    return HmacSha256(*address_key, address);
  };
  auto store = store::Store::Open(config.data_dir, options);  // first: it locks the directory
  if (!store) return store.error();
  auto vault = auth::Vault::LoadOrMake(config.data_dir);
  if (!vault) return vault.error();
  *address_key = vault->Derive("erased-address");
  if (auto checked = service::CheckMasterKey(**store, *vault); !checked) {
    return checked.error();
  }
  auto admin_key_digest = auth::AdminKeyDigest(config.data_dir);
  if (!admin_key_digest) return admin_key_digest.error();
  auto page = ReadUnsubscribePage(config.tracking.unsubscribe_page);
  if (!page) return page.error();
  return Opened{*std::move(store), *std::move(vault), *std::move(admin_key_digest),
                *std::move(page)};
}

Daemon::Daemon(const config::Config& config, Opened opened)
    : config_(config),
      store_(std::move(opened.store)),
      vault_(std::move(opened.vault)),
      authenticator_(*store_, clock_, std::move(opened.admin_key_digest)),
      webhook_subscriptions_(*store_, dns_rounds_, vault_, clock_, WebhookGuard(config_),
                             config_.limits),
      domains_(*store_, vault_, clock_, config_,
               [this](core::DkimAlgorithm algorithm) { return ready_keys_.Take(algorithm); }),
      dkim_rotation_(*store_, vault_, clock_, config_,
                     [this](core::DkimAlgorithm algorithm) { return ready_keys_.Take(algorithm); }),
      link_tracker_(vault_, TrackingSettings(config_)),
      ledger_(*store_, vault_, clock_, link_tracker_, config_.gateway.feedback_id),
      sts_client_(resolver_, DeliveryGuard(config_), StsTransport(config_), clock_,
                  config_.delivery.mta_sts_port),
      sts_cache_(*store_, resolver_, sts_client_, clock_),
      delivery_(EngineOptions(config_), ledger_, resolver_, clock_,
                config_.delivery.mta_sts ? &sts_cache_ : nullptr),
      webhook_ledger_(*store_, vault_, clock_),
      webhook_sender_(webhook_ledger_, resolver_, WebhookGuard(config_),
                      hooks::RetrySchedule(config_.webhooks.retry_schedule),
                      WebhookTransport(config_), clock_),
      webhook_deliveries_(*store_, vault_, clock_, PostOnce(), LongestPost(config_)),
      list_expansion_(*store_, clock_, [this] { delivery_.Wake(); }),
      report_book_(*store_, clock_, IsOurAddress(config_)),
      acceptance_(*store_, clock_, AcceptanceOptions(config_), [this] { WakeQueue(); }),
      sent_messages_(*store_, clock_,
                     {config_.delivery.expire_after, config_.limits.scheduled_messages},
                     [this] { WakeQueue(); }),
      smtp_server_(SmtpOptions(config_), smtp_submission_, inbound_sink_, smtp_sessions_, clock_),
      hit_log_(*store_, clock_, StoredAddress(config_), config_.data_dir),
      tracking_server_(TrackingServerOptions(config_, std::move(opened.unsubscribe_page)), *store_,
                       vault_, hit_log_, clock_),
      server_(ServerOptions(config_, *store_, metrics_, [this] { return IsReady(); }),
              MakeHandlers(), authenticator_, clock_),
      metrics_server_(config_.metrics.listen, [this] {
        return metrics_.Text(service::ReadGauges(*store_, delivery_, clock_));
      }) {}

service::WebhookDeliveries::Post Daemon::PostOnce() {
  return [this](core::WebhookPost post, http_client::Transport::Done done) {
    webhook_sender_.PostOnce(std::move(post), std::move(done));
  };
}

api::Handlers Daemon::MakeHandlers() {
  api::Handlers handlers;
  api::AddAccountHandlers(handlers, accounts_);
  api::AddCapturedHandlers(handlers, captured_mail_);
  api::AddDeliveryHandlers(handlers, explanations_, queue_control_);
  api::AddDomainHandlers(handlers, domains_, verify_domain_, dkim_rotation_);
  api::AddEmailHandlers(handlers, acceptance_);
  api::AddSentMessageHandlers(handlers, sent_messages_);
  api::AddEventHandlers(handlers, event_log_);
  api::AddInboundHandlers(handlers, inbound_);
  api::AddKeyHandlers(handlers, sender_keys_);
  api::AddJourneyHandlers(handlers, journeys_);
  api::AddListHandlers(handlers, lists_, subscribers_);
  api::AddOperationHandlers(handlers, status_, backups_, retention_);
  api::AddRelayHandlers(handlers, relay_domains_);
  api::AddReportHandlers(handlers, report_book_);
  api::AddSmtpRelayHandlers(handlers, smtp_credentials_, acceptance_);
  api::SmtpEndpoint smtp;
  smtp.host = config_.smtp.advertised_host;
  smtp.ports = [this] { return SmtpPorts(); };
  api::AddSmtpHandlers(handlers, smtp_credentials_, smtp_sessions_, std::move(smtp));
  api::AddStatisticsHandlers(handlers, statistics_);
  api::AddSubjectHandlers(handlers, {*store_, clock_, smtp_sessions_, erasures_});
  api::AddSuppressionHandlers(handlers, suppressions_);
  api::AddTemplateHandlers(handlers, templates_);
  api::AddTrackingHandlers(handlers, hit_verdicts_);
  api::AddBulkHandlers(handlers, dns_rounds_);
  api::AddWebhookDeliveryHandlers(handlers, webhook_deliveries_);
  api::AddWebhookHandlers(handlers, webhook_subscriptions_);
  return handlers;
}

Result<std::unique_ptr<Daemon>> Daemon::Start(const config::Config& config) {
  auto opened = Open(config);
  if (!opened) return opened.error();
  std::unique_ptr<Daemon> daemon(new Daemon(config, *std::move(opened)));
  if (auto started = daemon->StartComponents(); !started) return started.error();
  log::Info("started", {{"version", std::string(Version())},
                        {"addresses", egd::Join(daemon->server_.addresses(), ", ")},
                        {"smtp", egd::Join(daemon->smtp_server_.addresses(), ", ")}});
  return daemon;
}

// The server comes last: what it answers, the rest can do.
Result<void> Daemon::StartComponents() {
  if (auto made = accounts_.MakeDefaultUser(); !made) return made;
  if (auto started = resolver_.Start(config_.dns); !started) return started;
  if (config_.delivery.dane && !resolver_.IsTrusted()) {
    log::Warning(
        "delivery.dane has no effect: dns.servers are not on this machine's loopback, and "
        "dns.trusted is not set");
  }
  if (auto restored = queue_control_.Restore(); !restored) return restored;
  domain_check_.Start();
  ready_keys_.Start();
  retention_.Start();
  sweeper_.Start();
  erasures_.Start();
  clock_watch_.Start();
  webhook_fan_out_.Start();
  WatchCommits();
  webhook_sender_.Start();
  if (auto loaded = sts_cache_.Load(); !loaded) return loaded;
  sts_client_.Start();
  ledger_.SetTestDelivery(test_delivery_);
  test_delivery_.Start();
  delivery_.Start();
  list_expansion_.Start();
  if (auto started = hit_log_.Start(); !started) return started;
  if (auto started = tracking_server_.Start(); !started) return started;
  if (!config_.metrics.listen.empty()) {
    if (auto started = metrics_server_.Start(); !started) return started;
  }
  if (auto started = StartSmtp(); !started) return started;
  if (auto started = server_.Start(); !started) return started;
  WarnOfUnusedSockets();
  return {};
}

// Whoever connects to one waits for nothing.
void Daemon::WarnOfUnusedSockets() const {
  for (const std::string& address : net::InheritedAddresses()) {
    const auto listens = [&](const auto& server) {
      return std::ranges::count(server.addresses(), address) > 0;
    };
    if (listens(server_) || listens(smtp_server_) || listens(tracking_server_) ||
        listens(metrics_server_)) {
      continue;
    }
    log::Warning("a socket was handed over that the configuration does not listen on",
                 {{"address", address}});
  }
}

void Daemon::Ping(std::function<void()> pong) {
  server_.Ping([this, pong = std::move(pong)] { smtp_server_.Ping(pong); });
}

Result<void> Daemon::StartSmtp() {
  if (WantsSmtp(config_) && config_.smtp.tls_certificate.empty()) {
    const auto options = SmtpOptions(config_);
    const auto made =
        net::MakeSelfSigned(config_.gateway.hostname, options.tls_certificate, options.tls_key);
    if (!made) return made.error();
    if (*made) {
      log::Warning(
          "made a self-signed certificate for SMTP; clients that check certificates will "
          "not trust it: set [smtp] tls_certificate",
          {{"file", options.tls_certificate}, {"name", config_.gateway.hostname}});
    }
  }
  return smtp_server_.Start();
}

std::vector<int64_t> Daemon::SmtpPorts() const {
  std::vector<int64_t> ports;
  for (const std::string& address : smtp_server_.addresses()) {
    const auto port = ParseInteger(std::string_view(address).substr(address.rfind(':') + 1));
    if (port && std::ranges::find(ports, *port) == ports.end()) ports.push_back(*port);
  }
  return ports;
}

// After a start that failed half-way nobody waits for a policy host; otherwise they have ended. The
// store outlives the sender that it tells of jobs.
Daemon::~Daemon() {
  delivery_.Interrupt();
  sts_client_.Interrupt();
  store_->Watch({});
}

void Daemon::WatchCommits() {
  store::CommitWatchers watchers;
  watchers.webhook_jobs = [this](const std::vector<int64_t>& endpoints) {
    webhook_sender_.Touch(endpoints);
  };
  watchers.webhook_fan_outs = [this] { webhook_fan_out_.Wake(); };
  watchers.queue = [this] { delivery_.Wake(); };
  watchers.events = [this](const std::vector<store::UncountedEvent>& events) {
    for (const auto& event : events) {
      if (event.is_test) continue;
      metrics_.CountEvent(event.type, event.bounce_class,
                          std::chrono::milliseconds(event.delivery_ms));
    }
  };
  watchers.group = [this](size_t jobs, bool succeeded, std::chrono::nanoseconds took) {
    metrics_.CountCommit(jobs, succeeded, took);
  };
  store_->Watch(std::move(watchers));
}

void Daemon::Reload(const config::Config& config) {
  log::Configure(config.log.level, config.log.format);
  server_.SetRateLimit(config.limits.api_requests);
  LogFailure("certificate not reloaded", server_.ReloadTls());
  LogFailure("certificate of SMTP not reloaded", smtp_server_.ReloadTls());
  LogFailure("certificate of tracking not reloaded", tracking_server_.ReloadTls());
  LogFailure("name servers not reloaded", resolver_.Reload(config.dns));
  const auto waiting = config::ChangedWithoutReload(config_, config);
  if (!waiting.empty()) log::Warning("needs a restart", {{"options", egd::Join(waiting, ", ")}});
  log::Info("reloaded");
}

// What was accepted is due now, or is a list whose recipients are yet to be made.
void Daemon::WakeQueue() {
  delivery_.Wake();
  list_expansion_.Wake();
}

Result<void> Daemon::IsReady() const {
  if (draining_) return Unavailable("The gateway is shutting down");
  if (auto ready = store_->IsReady(); !ready) return ready;
  if (auto ready = smtp_server_.IsReady(); !ready) return ready;
  return tracking_server_.IsReady();
}

void Daemon::Interrupt() {
  log::Info("stopping");
  draining_ = true;
  backups_.Interrupt();
  smtp_server_.Interrupt();
  server_.Interrupt();
  metrics_server_.Interrupt();
  tracking_server_.Interrupt();
  list_expansion_.Interrupt();
  delivery_.Interrupt();
  test_delivery_.Interrupt();
  sts_client_.Interrupt();  // after those who wait for it were told that nothing goes out any more
  domain_check_.Interrupt();
  ready_keys_.Interrupt();
  retention_.Interrupt();
  sweeper_.Interrupt();
  erasures_.Interrupt();
  clock_watch_.Interrupt();
  webhook_fan_out_.Interrupt();
  verify_domain_.Interrupt();
  dns_rounds_.Interrupt();
}

void Daemon::Join() {
  smtp_server_.Join();
  server_.Join();
  metrics_server_.Join();
  tracking_server_.Join();
  hit_log_.Interrupt();  // after those who give it hits
  hit_log_.Join();
  list_expansion_.Join();
  test_delivery_.Join();  // before the one that it wakes
  delivery_.Join();
  sts_client_.Join();
  webhook_sender_.Interrupt();
  webhook_sender_.Join();
  domain_check_.Join();
  ready_keys_.Join();
  retention_.Join();
  sweeper_.Join();
  erasures_.Join();
  clock_watch_.Join();
  webhook_fan_out_.Join();
  resolver_.Interrupt();
  resolver_.Join();
  log::Info("stopped");
}

}  // namespace egd
