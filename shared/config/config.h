// The daemon's effective configuration: egd.toml, then the environment (EGD_HTTP_LISTEN), then
// checks. options.cpp has one row an option; this struct is where each row lands, and its
// initialisers are the defaults. A value; thread-safe once loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/log.h"

namespace egd::config {

// A [[dns_records]] row: one record that each sender domain has to publish. `host` and `value` may
// hold
//   {domain}           the sender domain: example.com
//   {mfrom}            its return-path host: sl.example.com
//   {tracking}         its tracking host: track-sl.example.com; with TrackPrefixDisabled the
//   return-path host,
//                      so a record that repeats the host and type of an earlier one is left out
//                      then
//   {selector}         its DKIM selector
//   {dkim_public_key}  its DKIM key as the p= tag wants it: base64, one line. A row with one of
//                      these two is used again for each further key: in rotation, and for ed25519
//   {mfrom_host} {tracking_host} {spf_host}   the values of [gateway]
// daemon/service expands them when a domain is added or its names change. The loader refuses other
// names.
struct DnsRecordTemplate {
  std::string purpose, host, type, value;
  bool operator==(const DnsRecordTemplate&) const = default;
};

// MFROM, DKIM, SPF, DMARC and TRACKING: what a domain needs to send, bounce, track and pass DMARC.
std::vector<DnsRecordTemplate> DefaultDnsRecords();

// A [[destination]] row: limits for the mail servers it fits, by recipient domain or by mail host.
struct DestinationRule {
  std::string domain;               // "example.com"; ".example.com": its subdomains
  std::string mx;                   // what the host's name ends with: "google.com"
  int connections = 0;              // at once; 0: delivery.connections_per_destination
  int messages_per_connection = 0;  // 0: no limit
  int messages_per_minute = 0;      // 0: no limit
  // "require": encrypted or not at all; "verify": and with a valid certificate; "none": never, for
  // a server whose TLS is broken.
  std::string tls = "opportunistic";
  bool operator==(const DestinationRule&) const = default;
};

struct Config {
  std::string data_dir = "/var/lib/egd";

  std::vector<DestinationRule> destinations;  // the first that fits counts

  struct Gateway {
    std::string hostname;  // HELO name and default of the three below; default: the machine's name
    std::string mfrom_host;                      // CNAME target of return-path hosts
    std::string tracking_host;                   // CNAME target of tracking hosts
    std::string spf_host;                        // what sender domains include:
    std::vector<std::string> outbound_networks;  // CIDR, beside this machine's addresses
    std::string feedback_id;                     // last part of Feedback-ID; empty: no such field
    std::string subdomain = "sl";
    std::string track_prefix = "track";
    std::string track_merge = "-";
  } gateway;

  struct Store {
    bool group_commit = true;  // false: one commit a write, to measure what grouping saves
  } store;

  struct Http {
    std::vector<std::string> listen = {
        "127.0.0.1:8025"};                          // "ip:port", "[ip6]:port"; empty list: no TCP
    std::string unix_socket = "/run/egd/egd.sock";  // empty: none
    std::vector<std::string> trusted_proxies;       // CIDR
    std::string tls_certificate, tls_key;           // PEM files; both or neither
    int threads = 32;                               // handlers that may wait on the store at once
    int64_t max_body_bytes = 40 * 1024 * 1024;
  } http;

  struct Api {
    bool v1_errors_as_200 = false;
  } api;

  struct Tracking {
    std::vector<std::string> listen;
    std::string url_scheme = "https";
    std::string tls_certificate, tls_key;      // PEM files; both or neither
    std::vector<std::string> trusted_proxies;  // CIDR
    std::string store_ip = "full";             // or "truncated", "none"
    bool respect_dnt = false;
    std::string unsubscribe_page;  // HTML file; empty: the built-in page
  } tracking;

  struct Smtp {
    std::vector<std::string> listen, listen_tls;
    std::string advertised_host;           // default: gateway.hostname
    std::string tls_certificate, tls_key;  // PEM files; both or neither: a self-signed one
    std::string tls_min = "1.2";           // or "1.0"
    bool allow_plaintext_auth = false;
    int max_connections = 10'000;
    int max_connections_per_address = 500;  // of clients that have not authenticated
    std::chrono::seconds command_timeout = std::chrono::minutes(5);
  } smtp;

  struct Inbound {
    std::vector<std::string> complaints;  // addresses
    std::vector<std::string> reports;     // addresses
  } inbound;

  struct Dns {
    std::vector<std::string> servers;  // "ip:port"; empty: the system's
    int timeout_ms = 3000;             // of one try
    int tries = 3;
    bool trusted = false;  // the servers validate, and nobody can come in between
  } dns;

  struct Dkim {
    std::chrono::seconds rotation_grace = std::chrono::hours(7 * 24);
    bool ed25519 = false;
    int ready_keys = 8;  // made ahead
  } dkim;

  struct Delivery {
    std::string route = "mx";                     // or "smarthost"
    std::string smarthost;                        // "host:port"
    std::string smarthost_tls = "opportunistic";  // as of a destination, or "implicit": at once
    std::string smarthost_user;                   // empty: no login
    std::string smarthost_password_file;
    int mx_port = 25;
    bool dane = false;       // keep to the TLSA records of mail servers
    bool mta_sts = true;     // keep to the policies of recipients' domains
    int mta_sts_port = 443;  // of the hosts that serve them
    std::string ca_file;     // PEM; for verified TLS and policies; empty: the system's
    std::vector<std::string> allow_networks;  // CIDR, beyond the public internet
    int connections_per_destination = 10;
    // After each failed attempt; the last one repeats.
    std::vector<std::chrono::seconds> retry_schedule = {
        std::chrono::minutes(1),  std::chrono::minutes(5), std::chrono::minutes(15),
        std::chrono::minutes(30), std::chrono::hours(1),   std::chrono::hours(2),
        std::chrono::hours(4)};
    std::chrono::seconds expire_after = std::chrono::hours(96);
    // For any one step of a dialogue; the steps' own limits are RFC 5321's and not longer than it.
    std::chrono::seconds longest_wait = std::chrono::minutes(10);
  } delivery;

  struct Webhooks {
    std::vector<std::string> allow_networks;
    int timeout_ms = 10'000;
    // After each failed attempt; after one more the delivery has failed.
    std::vector<std::chrono::seconds> retry_schedule = {
        std::chrono::seconds(5), std::chrono::minutes(5), std::chrono::minutes(30),
        std::chrono::hours(2),   std::chrono::hours(5),   std::chrono::hours(10),
        std::chrono::hours(14),  std::chrono::hours(20),  std::chrono::hours(24)};
    std::string ca_file;  // PEM; empty: the system's
  } webhooks;

  struct Limits {
    int api_requests = 100;  // per 60 s and key on /api/v1; 0: off
    int max_recipients = 1000;
    int64_t max_message_bytes = 30 * 1024 * 1024;
    int64_t memory_bytes = 0;  // 0: what the machine or the control group has
    // What a tenant may have; 0: no limit.
    int webhooks = 100;                // of a domain
    int keys = 1000;                   // of a domain; of a user
    int credentials = 1000;            // of a domain
    int lists = 10'000;                // of a user
    int templates = 10'000;            // of a user
    int journeys = 10'000;             // of a user
    int scheduled_messages = 100'000;  // of a user
  } limits;

  struct Metrics {
    std::vector<std::string> listen;
  } metrics;

  struct Retention {
    int events_days = 90;
    int content_days = 3;       // of finished messages
    int64_t content_bytes = 0;  // of all contents; 0: no limit
  } retention;

  struct Log {
    log::Level level = log::Level::kInfo;
    log::Format format = log::Format::kText;
  } log;

  std::vector<DnsRecordTemplate> dns_records = DefaultDnsRecords();
};

}  // namespace egd::config
