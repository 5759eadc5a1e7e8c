// The whole gateway: every component as a member, in the order they depend on each other, so that
// the destructor takes them apart in the reverse order.
//
// Threads (design section 4), none detached, each name once:
//   main          waits for signals
//   egd-http.N    sockets of the API      egd-api.N   its handlers
//   egd-metrics.0 sockets of /metrics     egd-scrape.0 reads the figures for it
//   egd-mail.N    sockets of delivery     egd-sign.N  composes and signs what goes out
//   egd-tick      claims due mail         egd-write   the store's writer
//   egd-wait.N    handlers that wait for name servers and endpoints, or make keys
//   egd-index     fills the search index  egd-dns     the resolver
//   egd-sts       fetches policies        egd-hook    posts to webhooks
//   egd-verify    checks domains daily and looks for DKIM keys in rotation
//   egd-purge     deletes what has expired egd-sweep   deletes what was given up at once
//   egd-erase     forgets addresses
//   egd-clock     notices a clock that was set back
//   egd-fan-out   makes the jobs of events that many webhooks want
//   egd-lists     makes the recipients of sends to lists
//   egd-log       writes the log
//   egd-smtp      SMTP sessions           egd-smtp-w.N  their log-ins and messages
//   egd-link.N    sockets of tracking     egd-track.N its pages and unsubscribes
//   egd-hit-log   writes opens and clicks to their journal
//   egd-hits      makes events of them and judges them
//   egd-test      settles what test keys send
//   egd-watchdog  tells the supervisor that the daemon is alive (main's)
//   egd-keys      makes DKIM keys ahead
//
// Life: Start → Reload any number of times → Interrupt → Join. All from the main thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "daemon/api/metrics_server.h"
#include "daemon/api/server.h"
#include "daemon/auth/key_authenticator.h"
#include "daemon/auth/login_throttle.h"
#include "daemon/auth/passwords.h"
#include "daemon/auth/vault.h"
#include "daemon/dns/cares_resolver.h"
#include "daemon/hooks/sender.h"
#include "daemon/metrics/metrics.h"
#include "daemon/queue/delivery_engine.h"
#include "daemon/service/accounts/accounts.h"
#include "daemon/service/accounts/sender_keys.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/audience/journeys.h"
#include "daemon/service/audience/lists.h"
#include "daemon/service/audience/subscribers.h"
#include "daemon/service/audience/suppressions.h"
#include "daemon/service/audience/templates.h"
#include "daemon/service/backup/backup.h"
#include "daemon/service/delivery/captured_mail.h"
#include "daemon/service/delivery/explanation.h"
#include "daemon/service/delivery/queue_control.h"
#include "daemon/service/delivery/stored_delivery_ledger.h"
#include "daemon/service/delivery/sts_cache.h"
#include "daemon/service/delivery/test_delivery.h"
#include "daemon/service/domains/dkim_rotation.h"
#include "daemon/service/domains/dns_rounds.h"
#include "daemon/service/domains/domain_check.h"
#include "daemon/service/domains/domains.h"
#include "daemon/service/domains/ready_keys.h"
#include "daemon/service/domains/relay_domains.h"
#include "daemon/service/domains/verify_domain.h"
#include "daemon/service/events/event_log.h"
#include "daemon/service/events/statistics.h"
#include "daemon/service/hooks/stored_webhook_ledger.h"
#include "daemon/service/hooks/webhook_deliveries.h"
#include "daemon/service/hooks/webhook_fan_out.h"
#include "daemon/service/hooks/webhook_subscriptions.h"
#include "daemon/service/inbound/inbound.h"
#include "daemon/service/inbound/inbound_sink.h"
#include "daemon/service/reports/report_book.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/service/sending/list_expansion.h"
#include "daemon/service/sending/sent_messages.h"
#include "daemon/service/sending/smtp_sessions.h"
#include "daemon/service/sending/smtp_submission.h"
#include "daemon/service/subject/erasures.h"
#include "daemon/service/tracking/hit_log.h"
#include "daemon/service/tracking/hit_verdicts.h"
#include "daemon/service/tracking/link_tracker.h"
#include "daemon/service/upkeep/clock_watch.h"
#include "daemon/service/upkeep/retention.h"
#include "daemon/service/upkeep/status.h"
#include "daemon/service/upkeep/sweeper.h"
#include "daemon/smtp_client/sts_client.h"
#include "daemon/smtp_server/server.h"
#include "daemon/store/store.h"
#include "daemon/tracking_server/server.h"
#include "shared/base/clock.h"
#include "shared/base/result.h"
#include "shared/base/version.h"
#include "shared/config/config.h"

namespace egd {

class Daemon {
 public:
  // Opens the data directory and starts everything, or nothing. The error's texts are for the
  // operator.
  static Result<std::unique_ptr<Daemon>> Start(const config::Config& config);

  ~Daemon();

  // Applies what needs no restart and logs the names of the other options that changed.
  void Reload(const config::Config& config);
  // Calls `pong` once the threads that take requests and SMTP have come round: never, when one hangs.
  // Any thread.
  void Ping(std::function<void()> pong);
  // Stops taking requests and claiming mail; what is under way may end, within a deadline.
  void Interrupt();
  // Waits until it has. The destructor closes the store.
  void Join();

 private:
  // What may fail to open; the rest is built on it.
  struct Opened {
    std::unique_ptr<store::Store> store;
    auth::Vault vault;
    std::string admin_key_digest;
    std::string unsubscribe_page;  // the file's text
  };
  static Result<Opened> Open(const config::Config& config);

  Daemon(const config::Config& config, Opened opened);
  service::WebhookDeliveries::Post PostOnce();
  api::Handlers MakeHandlers();
  Result<void> StartComponents();
  void WatchCommits();
  void WarnOfUnusedSockets() const;
  Result<void> StartSmtp();
  Result<void> IsReady() const;
  std::vector<int64_t> SmtpPorts() const;
  void WakeQueue();

  config::Config config_;
  std::atomic<bool> draining_{false};
  SystemClock clock_;
  metrics::Metrics metrics_{Version()};
  std::unique_ptr<store::Store> store_;
  auth::Vault vault_;
  auth::Passwords passwords_;
  auth::LoginThrottle throttle_{clock_};
  auth::KeyAuthenticator authenticator_;
  dns::CaresResolver resolver_;
  service::DnsRounds dns_rounds_{resolver_};
  service::Accounts accounts_{*store_,   authenticator_, passwords_,
                              throttle_, clock_,         config_.limits};
  service::SenderKeys sender_keys_{*store_, vault_, clock_, config_.limits};
  service::EventLog event_log_{*store_};
  service::RelayDomains relay_domains_{*store_};
  service::Backups backups_{*store_, clock_, config_.data_dir};
  service::Statistics statistics_{*store_, clock_};
  service::Journeys journeys_{*store_, clock_, config_.limits};
  service::Lists lists_{*store_, clock_, config_.limits};
  service::Subscribers subscribers_{*store_, clock_};
  service::Templates templates_{*store_, clock_, config_.limits};
  service::Suppressions suppressions_{*store_, clock_};
  service::SmtpCredentialService smtp_credentials_{*store_, clock_, config_.limits};
  service::WebhookSubscriptions webhook_subscriptions_;
  service::ReadyKeys ready_keys_{size_t(config_.dkim.ready_keys)};
  service::Domains domains_;
  service::DkimRotation dkim_rotation_;
  service::VerifyDomain verify_domain_{*store_, dns_rounds_, clock_, config_};
  service::DomainCheck domain_check_{*store_, verify_domain_, clock_};
  service::Retention retention_{*store_, clock_, config_.retention};
  service::Sweeper sweeper_{*store_, clock_};
  service::WebhookFanOut webhook_fan_out_{*store_};
  service::LinkTracker link_tracker_;
  service::StoredDeliveryLedger ledger_;
  service::TestDelivery test_delivery_{*store_, clock_, ledger_, [this] { delivery_.Wake(); }};
  service::CapturedMail captured_mail_{*store_};
  smtp_client::StsClient sts_client_;
  service::StsCache sts_cache_;
  queue::DeliveryEngine delivery_;
  service::StoredWebhookLedger webhook_ledger_;
  hooks::Sender webhook_sender_;
  service::WebhookDeliveries webhook_deliveries_;
  service::ListExpansion list_expansion_;
  service::ClockWatch clock_watch_{*store_, clock_, [this](UnixMillis by) {
                                     webhook_sender_.ClockSetBack(by);
                                     delivery_.Wake();
                                   }};
  service::QueueControl queue_control_{*store_, delivery_, clock_};
  service::Status status_{*store_, queue_control_,   delivery_,
                          clock_,  config_.data_dir, [this] { return IsReady(); },
                          metrics_};
  service::Explanations explanations_{*store_, clock_};
  service::InboundAddresses inbound_addresses_{*store_, vault_, config_};
  service::Inbound inbound_{*store_, inbound_addresses_, clock_};
  service::InboundSink inbound_sink_{inbound_, inbound_addresses_, clock_};
  service::ReportBook report_book_;
  service::Acceptance acceptance_;
  service::SentMessages sent_messages_;
  service::SmtpSessions smtp_sessions_{*store_};
  service::Erasures erasures_{*store_, clock_, smtp_sessions_};
  service::SmtpSubmission smtp_submission_{*store_, smtp_credentials_, acceptance_, throttle_};
  smtp_server::Server smtp_server_;
  service::HitVerdicts hit_verdicts_{*store_};
  service::HitLog hit_log_;
  tracking_server::Server tracking_server_;
  api::Server server_;
  api::MetricsServer metrics_server_;
};

}  // namespace egd
