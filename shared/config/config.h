// The daemon's effective configuration: egd.toml, then the environment (EGD_HTTP_LISTEN), then checks.
// options.cpp has one row an option; this struct is where each row lands. A value; thread-safe once loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "shared/base/log.h"

namespace egd::config {

struct DnsRecordTemplate {  // a [[dns_records]] row; host and value may hold {domain} {mfrom} {tracking} {selector} …
  std::string purpose, host, type, value;
};

struct Config {
  std::string data_dir = "/var/lib/egd";

  struct Gateway {
    std::string hostname;       // HELO name and default of the three below; default: the machine's name
    std::string mfrom_host;     // CNAME target of return-path hosts
    std::string tracking_host;  // CNAME target of tracking hosts
    std::string spf_host;       // what sender domains include:
    std::string subdomain = "sl";
    std::string track_prefix = "track";
    std::string track_merge = "-";
  } gateway;

  struct Http {
    std::vector<std::string> listen = {"127.0.0.1:8025"};  // "ip:port", "[ip6]:port"; empty list: no TCP
    std::string unix_socket = "/run/egd/egd.sock";         // empty: none
    std::string tls_certificate, tls_key;                  // PEM files; both or neither
    int threads = 32;                                      // handlers that may wait on the store at once
    int64_t max_body_bytes = 40 * 1024 * 1024;
  } http;

  struct Api {
    bool v1_errors_as_200 = false;
  } api;

  struct Tracking {
    std::vector<std::string> listen;
    std::string url_scheme = "https";
  } tracking;

  struct Smtp {
    std::vector<std::string> listen;
    std::string advertised_host;
    std::string tls_certificate, tls_key;
    bool allow_plaintext_auth = false;
  } smtp;

  struct Dns {
    std::vector<std::string> servers;  // "ip:port"; empty: the system's
    int timeout_ms = 3000;             // of one try
    int tries = 3;
  } dns;

  struct Delivery {
    std::string route = "mx";  // or "smarthost"
    std::string smarthost;     // "host:port"
    int mx_port = 25;
    std::vector<std::string> allow_networks;  // CIDR, beyond the public internet
    int connections_per_destination = 10;
    std::vector<std::chrono::seconds> retry_schedule;  // after each failed attempt; the last one repeats
    std::chrono::seconds expire_after = std::chrono::hours(96);
  } delivery;

  struct Webhooks {
    std::vector<std::string> allow_networks;
    int timeout_ms = 10'000;
  } webhooks;

  struct Limits {
    int api_requests = 100;  // per 60 s and key on /api/v1; 0: off
    int max_recipients = 1000;
    int64_t max_message_bytes = 30 * 1024 * 1024;
  } limits;

  struct Retention {
    int events_days = 90;
    int content_days = 3;  // of finished messages
  } retention;

  struct Log {
    log::Level level = log::Level::kInfo;
    log::Format format = log::Format::kText;
  } log;

  std::vector<DnsRecordTemplate> dns_records;  // the default template when the file has none
};

}  // namespace egd::config
