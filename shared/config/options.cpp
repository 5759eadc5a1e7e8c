#include "shared/config/options.h"

#include <algorithm>

#include "shared/base/strings.h"
#include "shared/config/checks.h"
#include "shared/config/values.h"

namespace egd::config {
namespace {

template <auto kMember>
auto& At(Config& config) {
  return config.*kMember;
}
template <auto kSection, auto kMember>
auto& At(Config& config) {
  return config.*kSection.*kMember;
}

Rule Any() {
  return {};
}
Rule Range(int64_t minimum, int64_t maximum) {
  return {minimum, maximum, {}, nullptr};
}
Rule OneOf(std::vector<std::string_view> choices) {
  return {INT64_MIN, INT64_MAX, std::move(choices), nullptr};
}
Rule Text(Check check) {
  return {INT64_MIN, INT64_MAX, {}, check};
}

constexpr auto kLive = Reload::kOnSighup;
constexpr auto kRestart = Reload::kNeedsRestart;
constexpr int64_t kKiB = 1024, kGiB = 1024 * 1024 * kKiB;
constexpr int64_t kMinute = 60, kDay = 86400;

// clang-format off: a table reads best as a table
const std::vector<Option> kOptions = {
    {"data_dir", At<&Config::data_dir>, kRestart, Text(CheckNotEmpty),
     "Directory of the database, the message bodies, the admin key and the master key. "
     "Created with mode 0700."},

    {"destination", At<&Config::destinations>, kRestart, Any(),
     "Limits for chosen destinations, as [[destination]] rows at the end of the file; the first "
     "that fits counts. domain = \"example.com\" names a recipient domain (\".example.com\" its "
     "subdomains), mx = \"google.com\" a provider by its mail hosts' name suffix: the limits hold "
     "for all domains there together. Then any of connections, "
     "messages_per_connection, messages_per_minute, and tls: \"opportunistic\", \"require\" (never "
     "in plain text), \"verify\" (only with a valid certificate) or \"none\" (never TLS: it is "
     "broken "
     "there)."},

    {"gateway.hostname", At<&Config::gateway, &Config::Gateway::hostname>, kRestart,
     Text(CheckHostName),
     "Public name of this gateway: what it says in EHLO. Empty: the machine's name."},
    {"gateway.mfrom_host", At<&Config::gateway, &Config::Gateway::mfrom_host>, kRestart,
     Text(CheckHostName),
     "Target of the CNAME that each sender domain publishes for its return-path. "
     "Empty: gateway.hostname."},
    {"gateway.tracking_host", At<&Config::gateway, &Config::Gateway::tracking_host>, kRestart,
     Text(CheckHostName),
     "Target of the CNAME that each sender domain publishes for its tracking links. "
     "Empty: gateway.hostname."},
    {"gateway.spf_host", At<&Config::gateway, &Config::Gateway::spf_host>, kRestart,
     Text(CheckHostName),
     "What the SPF record of each sender domain has to include. Empty: gateway.hostname."},
    {"gateway.outbound_networks", At<&Config::gateway, &Config::Gateway::outbound_networks>,
     kRestart, Text(CheckNetwork),
     "Where our mail comes from as others see it, such as 192.0.2.1: addresses that this machine "
     "does not have itself, of a NAT or a smarthost. egctl reports tells our mail by them."},
    {"gateway.feedback_id", At<&Config::gateway, &Config::Gateway::feedback_id>, kRestart,
     Text(CheckFeedbackId),
     "Name of this gateway in Feedback-ID, by which Gmail tells its mail's senders apart: 5 to 15 "
     "letters, digits and hyphens. Empty: no such header field."},
    {"gateway.subdomain", At<&Config::gateway, &Config::Gateway::subdomain>, kRestart,
     Text(CheckHostLabel),
     "Label of the return-path host below a sender domain: sl gives sl.example.com."},
    {"gateway.track_prefix", At<&Config::gateway, &Config::Gateway::track_prefix>, kRestart,
     Text(CheckHostLabel), "First part of the tracking host: track gives track-sl.example.com."},
    {"gateway.track_merge", At<&Config::gateway, &Config::Gateway::track_merge>, kRestart,
     OneOf({"-", "."}), "What joins track_prefix and subdomain in the tracking host."},

    {"store.group_commit", At<&Config::store, &Config::Store::group_commit>, kRestart, Any(),
     "Let writes that wait together share one disk sync. "
     "false makes every write wait for its own: only to measure the difference."},

    {"http.listen", At<&Config::http, &Config::Http::listen>, kRestart, Text(CheckListen),
     "Where the HTTP API listens: ip:port or [ip6]:port. Empty: no TCP, only the Unix socket."},
    {"http.unix_socket", At<&Config::http, &Config::Http::unix_socket>, kRestart,
     Text(CheckSocketPath),
     "Unix socket of the HTTP API. "
     "Over it root and the daemon's own user are admin without a key. Empty: none."},
    {"http.trusted_proxies", At<&Config::http, &Config::Http::trusted_proxies>, kRestart,
     Text(CheckNetwork),
     "Reverse proxies whose X-Forwarded-For says who the client is, such as 10.0.0.0/8. Failed "
     "logins are counted, and keys bound to an address checked, by that address."},
    {"http.tls_certificate", At<&Config::http, &Config::Http::tls_certificate>, kRestart, Any(),
     "PEM file with the certificate chain. "
     "With it, and tls_key, http.listen speaks HTTPS. The file is read again on SIGHUP."},
    {"http.tls_key", At<&Config::http, &Config::Http::tls_key>, kRestart, Any(),
     "PEM file with the private key of tls_certificate."},
    {"http.threads", At<&Config::http, &Config::Http::threads>, kRestart, Range(1, 1024),
     "Handlers that may wait on the database at once."},
    {"http.max_body_bytes", At<&Config::http, &Config::Http::max_body_bytes>, kRestart,
     Range(kKiB, kGiB), "Largest request body in bytes; more is answered with status 413."},

    {"api.v1_errors_as_200", At<&Config::api, &Config::Api::v1_errors_as_200>, kRestart, Any(),
     "Answer errors under /api/v1 with HTTP status 200, "
     "for clients written against the old behaviour."},

    {"tracking.listen", At<&Config::tracking, &Config::Tracking::listen>, kRestart,
     Text(CheckListen),
     "Where the open, click and unsubscribe links are served, apart from the API. Empty: "
     "disabled, and then no link is rewritten and no unsubscribe link is made."},
    {"tracking.tls_certificate", At<&Config::tracking, &Config::Tracking::tls_certificate>,
     kRestart, Any(),
     "PEM file with the certificate chain. With it, and tls_key, tracking.listen speaks HTTPS. "
     "Without, a proxy in front has the certificates; see config/Caddyfile.example. The file is "
     "read again on SIGHUP."},
    {"tracking.tls_key", At<&Config::tracking, &Config::Tracking::tls_key>, kRestart, Any(),
     "PEM file with the private key of tls_certificate."},
    {"tracking.trusted_proxies", At<&Config::tracking, &Config::Tracking::trusted_proxies>,
     kRestart, Text(CheckNetwork),
     "Networks of proxies whose X-Forwarded-For names the client, such as 127.0.0.0/8."},
    {"tracking.store_ip", At<&Config::tracking, &Config::Tracking::store_ip>, kRestart,
     OneOf({"full", "truncated", "none"}),
     "What is kept of the address an open or click came from. truncated: its network, of 24 bits "
     "(IPv6: 48)."},
    {"tracking.respect_dnt", At<&Config::tracking, &Config::Tracking::respect_dnt>, kRestart, Any(),
     "Note no open or click of a browser that asks not to be tracked (DNT: 1 or Sec-GPC: 1)."},
    {"tracking.unsubscribe_page", At<&Config::tracking, &Config::Tracking::unsubscribe_page>,
     kRestart, Any(),
     "HTML file in place of the built-in unsubscribe page. {sender}, {address}, {form} and {done} "
     "in it are replaced. Empty: the built-in page."},
    {"tracking.url_scheme", At<&Config::tracking, &Config::Tracking::url_scheme>, kRestart,
     OneOf({"https", "http"}), "Scheme of the links written into messages."},

    {"smtp.listen", At<&Config::smtp, &Config::Smtp::listen>, kRestart, Text(CheckListen),
     "Where SMTP submission and inbound mail are taken, with STARTTLS: usually ports 25, 587 and "
     "2525. Empty: disabled."},
    {"smtp.listen_tls", At<&Config::smtp, &Config::Smtp::listen_tls>, kRestart, Text(CheckListen),
     "The same with TLS from the first byte: usually port 465."},
    {"smtp.advertised_host", At<&Config::smtp, &Config::Smtp::advertised_host>, kRestart,
     Text(CheckHostName),
     "The SMTP host that new credentials are shown with. Empty: gateway.hostname."},
    {"smtp.tls_certificate", At<&Config::smtp, &Config::Smtp::tls_certificate>, kRestart, Any(),
     "PEM file with the certificate chain. Empty: a self-signed one, made at the first start "
     "(smtp.crt and smtp.key in data_dir). The file is read again on SIGHUP."},
    {"smtp.tls_key", At<&Config::smtp, &Config::Smtp::tls_key>, kRestart, Any(),
     "PEM file with the private key of tls_certificate."},
    {"smtp.tls_min", At<&Config::smtp, &Config::Smtp::tls_min>, kRestart, OneOf({"1.2", "1.0"}),
     "Oldest version of TLS that is taken. 1.0 is for printers, scanners and other old devices: it "
     "is broken, and better than a password in plain text."},
    {"smtp.max_connections", At<&Config::smtp, &Config::Smtp::max_connections>, kRestart,
     Range(1, 1'000'000),
     "SMTP connections at once. Beyond them, the longest silent client that has not authenticated "
     "makes room."},
    {"smtp.max_connections_per_address",
     At<&Config::smtp, &Config::Smtp::max_connections_per_address>, kRestart, Range(1, 1'000'000),
     "The same from one address (IPv6: /64); clients that have authenticated don't count."},
    {"smtp.command_timeout", At<&Config::smtp, &Config::Smtp::command_timeout>, kRestart,
     Range(1, 3600),
     "How long an authenticated client may take for a command. Others get a minute at most."},
    {"smtp.allow_plaintext_auth", At<&Config::smtp, &Config::Smtp::allow_plaintext_auth>, kRestart,
     Any(), "Take passwords on connections without TLS. Only for networks that cannot be sniffed."},

    {"inbound.complaints", At<&Config::inbound, &Config::Inbound::complaints>, kRestart,
     Text(CheckMailbox),
     "Addresses that take feedback reports (complaints), beside abuse@ and postmaster@ of the "
     "gateway's own hosts. Mailbox providers are told one when a feedback loop is set up."},
    {"inbound.reports", At<&Config::inbound, &Config::Inbound::reports>, kRestart,
     Text(CheckMailbox),
     "Addresses that take DMARC aggregate reports and TLS reports, for egctl reports: what rua= of "
     "the _dmarc and _smtp._tls records of our domains names."},

    {"dns.servers", At<&Config::dns, &Config::Dns::servers>, kLive, Text(CheckListen),
     "Name servers to ask: ip:port. Empty: those of /etc/resolv.conf."},
    {"dns.timeout_ms", At<&Config::dns, &Config::Dns::timeout_ms>, kLive, Range(10, 60'000),
     "Milliseconds to wait for one answer."},
    {"dns.tries", At<&Config::dns, &Config::Dns::tries>, kLive, Range(1, 10),
     "How often to ask before the answer counts as a temporary error."},
    {"dns.trusted", At<&Config::dns, &Config::Dns::trusted>, kLive, Any(),
     "The servers validate DNSSEC, and nobody can come in between: what they call secure is. "
     "Servers "
     "on this machine's loopback are trusted anyway. Only for delivery.dane."},

    {"dkim.rotation_grace", At<&Config::dkim, &Config::Dkim::rotation_grace>, kRestart,
     Range(1, 365 * kDay),
     "How long a DKIM key's record has to stay after egctl rotatedkim has replaced the key, for "
     "mail it signed that is still in transit."},
    {"dkim.ed25519", At<&Config::dkim, &Config::Dkim::ed25519>, kRestart, Any(),
     "Sign with an ed25519 key as well (RFC 8463), once its record is in the DNS; it is never "
     "required. Domains added from now on have one. Others gain or lose theirs at their next egctl "
     "rotatedkim."},
    {"dkim.ready_keys", At<&Config::dkim, &Config::Dkim::ready_keys>, kRestart, Range(0, 100'000),
     "How many RSA keys to have ready for domains that are added. Each takes 0.1 s of CPU to make, "
     "at the lowest priority, and 2 KB of memory. When none is left, adddomain makes its own. Set "
     "it "
     "to their number before you add thousands at once."},

    {"delivery.route", At<&Config::delivery, &Config::Delivery::route>, kRestart,
     OneOf({"mx", "smarthost"}),
     "mx: to the mail servers of each recipient's domain. "
     "smarthost: everything to delivery.smarthost."},
    {"delivery.smarthost", At<&Config::delivery, &Config::Delivery::smarthost>, kRestart,
     Text(CheckHostAndPort), "host:port that takes all mail when the route is smarthost."},
    {"delivery.smarthost_tls", At<&Config::delivery, &Config::Delivery::smarthost_tls>, kRestart,
     OneOf({"opportunistic", "require", "verify", "implicit", "none"}),
     "TLS with the smarthost. opportunistic: when it is offered; require: or no mail; verify: and "
     "with a valid certificate; implicit: at once, as on port 465; none: never."},
    {"delivery.smarthost_user", At<&Config::delivery, &Config::Delivery::smarthost_user>, kRestart,
     Any(),
     "Name to log in with at the smarthost (PLAIN or LOGIN). The password goes over TLS only, "
     "unless "
     "smarthost_tls is none or the smarthost is on this machine. Empty: no login."},
    {"delivery.smarthost_password_file",
     At<&Config::delivery, &Config::Delivery::smarthost_password_file>, kRestart, Any(),
     "File with the password for the smarthost: its first line."},
    {"delivery.mx_port", At<&Config::delivery, &Config::Delivery::mx_port>, kRestart,
     Range(1, 65535), "Port of the recipients' mail servers. Anything but 25 is for tests."},
    {"delivery.dane", At<&Config::delivery, &Config::Delivery::dane>, kRestart, Any(),
     "Follow the TLSA records of mail servers (DANE, RFC 7672): where there are secure ones, mail "
     "goes only over TLS with a certificate that they name, or waits; an MTA-STS policy counts "
     "only "
     "for servers without them. Needs resolvers that validate DNSSEC, on this machine or with "
     "dns.trusted: others have no secure records."},
    {"delivery.mta_sts", At<&Config::delivery, &Config::Delivery::mta_sts>, kRestart, Any(),
     "Follow the MTA-STS policies (RFC 8461) of recipients' domains: where one is enforced, mail "
     "goes only to the servers it names, over TLS with a valid certificate, or waits."},
    {"delivery.mta_sts_port", At<&Config::delivery, &Config::Delivery::mta_sts_port>, kRestart,
     Range(1, 65535), "Port of the hosts that serve policies. Anything but 443 is for tests."},
    {"delivery.ca_file", At<&Config::delivery, &Config::Delivery::ca_file>, kRestart, Any(),
     "PEM file with the authorities whose certificates mail servers and policy hosts may show. "
     "Empty: the system's."},
    {"delivery.allow_networks", At<&Config::delivery, &Config::Delivery::allow_networks>, kRestart,
     Text(CheckNetwork),
     "Networks beyond the public internet that mail may be delivered to, such as 10.0.0.0/8."},
    {"delivery.connections_per_destination",
     At<&Config::delivery, &Config::Delivery::connections_per_destination>, kRestart,
     Range(1, 1000), "Connections to one destination at once."},
    {"delivery.retry_schedule", At<&Config::delivery, &Config::Delivery::retry_schedule>, kRestart,
     Range(1, 7 * kDay),
     "Waiting time after each failed attempt; the last one repeats until expire_after."},
    {"delivery.expire_after", At<&Config::delivery, &Config::Delivery::expire_after>, kRestart,
     Range(kMinute, 30 * kDay), "How long after acceptance an undelivered message bounces."},
    {"delivery.longest_wait", At<&Config::delivery, &Config::Delivery::longest_wait>, kRestart,
     Range(1, 600),
     "Longest wait for any reply of a mail server. Each step has the limit of RFC 5321, from 2 to "
     "10 minutes; less than that may send mail twice to slow servers."},

    {"webhooks.allow_networks", At<&Config::webhooks, &Config::Webhooks::allow_networks>, kRestart,
     Text(CheckNetwork), "Networks beyond the public internet that webhooks may be posted to."},
    {"webhooks.timeout_ms", At<&Config::webhooks, &Config::Webhooks::timeout_ms>, kRestart,
     Range(100, 120'000), "Milliseconds to wait for an endpoint's answer."},
    {"webhooks.retry_schedule", At<&Config::webhooks, &Config::Webhooks::retry_schedule>, kRestart,
     Range(1, 7 * kDay),
     "Waiting time after each failed attempt; when the one after the last fails too, the delivery "
     "has failed, and can be replayed."},
    {"webhooks.ca_file", At<&Config::webhooks, &Config::Webhooks::ca_file>, kRestart, Any(),
     "PEM file with the authorities whose certificates https endpoints may show. "
     "Empty: the system's."},

    {"limits.api_requests", At<&Config::limits, &Config::Limits::api_requests>, kLive,
     Range(0, 1'000'000'000), "Requests a key may make under /api/v1 in 60 seconds; 0: no limit."},
    {"limits.max_recipients", At<&Config::limits, &Config::Limits::max_recipients>, kRestart,
     Range(1, 100'000), "Recipients of one message: To, CC and BCC together."},
    {"limits.max_message_bytes", At<&Config::limits, &Config::Limits::max_message_bytes>, kRestart,
     Range(kKiB, kGiB), "Largest message in bytes, its attachments encoded."},
    {"limits.memory_bytes", At<&Config::limits, &Config::Limits::memory_bytes>, kRestart,
     Range(0, 1024 * kGiB),
     "Memory egd is to stay within: requests, replies and mail in memory are bounded "
     "by their parts of it. 0: what the machine has, or the control group allows (MemoryMax). At "
     "least 134217728."},
    {"limits.webhooks", At<&Config::limits, &Config::Limits::webhooks>, kRestart,
     Range(0, 1'000'000), "Webhooks a domain may have; 0: no limit."},
    {"limits.keys", At<&Config::limits, &Config::Limits::keys>, kRestart, Range(0, 1'000'000),
     "Sender keys a domain may have, and API keys a user may have; 0: no limit."},
    {"limits.credentials", At<&Config::limits, &Config::Limits::credentials>, kRestart,
     Range(0, 1'000'000), "SMTP credentials a domain may have; 0: no limit."},
    {"limits.lists", At<&Config::limits, &Config::Limits::lists>, kRestart, Range(0, 1'000'000),
     "Subscriber lists a user may have; 0: no limit."},
    {"limits.templates", At<&Config::limits, &Config::Limits::templates>, kRestart,
     Range(0, 1'000'000), "Email templates a user may have; 0: no limit."},
    {"limits.journeys", At<&Config::limits, &Config::Limits::journeys>, kRestart,
     Range(0, 1'000'000), "Journeys a user may have; 0: no limit."},
    {"limits.scheduled_messages", At<&Config::limits, &Config::Limits::scheduled_messages>,
     kRestart, Range(0, 1'000'000'000),
     "Messages of a user that may wait for their SendAt; 0: no limit."},

    {"metrics.listen", At<&Config::metrics, &Config::Metrics::listen>, kRestart, Text(CheckListen),
     "Where GET /metrics is served for Prometheus, without a key: ip:port or [ip6]:port. "
     "An empty list: disabled."},

    {"retention.events_days", At<&Config::retention, &Config::Retention::events_days>, kRestart,
     Range(1, 3650), "Days to keep events, and reports received."},
    {"retention.content_days", At<&Config::retention, &Config::Retention::content_days>, kRestart,
     Range(0, 3650), "Days to keep the content of finished messages."},
    {"retention.content_bytes", At<&Config::retention, &Config::Retention::content_bytes>, kRestart,
     Range(0, 1024 * 1024 * kGiB),
     "Bytes of messages' contents to keep, those of queued mail included: beyond them the content "
     "of finished messages goes before its days are over, the oldest first; queued mail never "
     "does. "
     "Larger contents free the disk when the file of up to 64 MiB that they share is empty. 0: no "
     "limit."},

    {"log.level", At<&Config::log, &Config::Log::level>, kLive,
     OneOf({kLevelNames.begin(), kLevelNames.end()}), "Lowest level that is logged."},
    {"log.format", At<&Config::log, &Config::Log::format>, kLive,
     OneOf({kFormatNames.begin(), kFormatNames.end()}), "Form of a log line on standard error."},

    {"dns_records", At<&Config::dns_records>, kRestart, Any(),
     "The DNS records that each sender domain has to publish; "
     "a domain stays \"Approval Pending\" until all of them are there. "
     "The rows below are the default and are replaced as a whole; "
     "dns_records = [] at the top of the file asks for none: domains are enabled at once. "
     "Placeholders: {domain} {mfrom} {tracking} {selector} {dkim_public_key} "
     "{mfrom_host} {tracking_host} {spf_host}. "
     "Rows with {selector} or {dkim_public_key} are used again for each further DKIM key."},
};
// clang-format on

}  // namespace

std::vector<DnsRecordTemplate> DefaultDnsRecords() {
  return {
      {"MFROM", "{mfrom}", "CNAME", "{mfrom_host}"},
      {"DKIM", "{selector}._domainkey.{domain}", "TXT", "v=DKIM1; k=rsa; p={dkim_public_key}"},
      {"SPF", "{domain}", "TXT", "v=spf1 include:{spf_host} ~all"},
      {"DMARC", "_dmarc.{domain}", "TXT", "v=DMARC1; p=none"},
      {"TRACKING", "{tracking}", "CNAME", "{tracking_host}"},
  };
}

std::string_view Option::Section() const {
  const size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

std::string_view Option::Name() const {
  const size_t dot = key.find('.');
  return dot == std::string_view::npos ? key : key.substr(dot + 1);
}

std::string Option::EnvironmentName() const {
  std::string name = "EGD_";
  for (const char c : key) name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return name;
}

std::string_view Option::TypeName() const {
  Config config;
  return std::visit([&](auto place) { return TypeNameOf(place(config)); }, field);
}

const std::vector<Option>& Options() {
  return kOptions;
}

const Option* FindOption(std::string_view key) {
  const auto found = std::find_if(kOptions.begin(), kOptions.end(),
                                  [&](const Option& option) { return option.key == key; });
  return found == kOptions.end() ? nullptr : &*found;
}

std::vector<std::string> OptionKeys() {
  std::vector<std::string> keys;
  for (const Option& option : kOptions) keys.emplace_back(option.key);
  return keys;
}

std::string ValueText(const Option& option, const Config& config) {
  Config copy = config;  // a Place gives a mutable reference
  return std::visit([&](auto place) { return ToToml(place(copy)); }, option.field);
}

std::vector<std::string> ChangedWithoutReload(const Config& running, const Config& loaded) {
  std::vector<std::string> changed;
  for (const Option& option : kOptions) {
    if (option.reload == Reload::kNeedsRestart &&
        ValueText(option, running) != ValueText(option, loaded)) {
      changed.emplace_back(option.key);
    }
  }
  return changed;
}

}  // namespace egd::config
