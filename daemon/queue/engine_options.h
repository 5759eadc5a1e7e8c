// What the delivery engine can be told. The part an operator sets is config::Config::Delivery; the
// rest has its defaults here, and tests shrink it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "daemon/queue/claimer.h"
#include "daemon/smtp_client/timeouts.h"
#include "shared/config/config.h"

namespace egd::queue {

struct EngineOptions {
  config::Config::Delivery delivery;
  std::vector<config::DestinationRule> destinations;
  std::string hello_name;  // gateway.hostname

  size_t io_threads = 1;    // one does 20,000 messages/s, more than two cores can sign
  size_t sign_threads = 2;  // one a core
  size_t max_prepared_bytes = 128 * 1024 * 1024;  // of messages signed and not yet sent
  ClaimerOptions claims;
  smtp_client::Timeouts timeouts;

  std::chrono::milliseconds reuse = std::chrono::seconds(2);  // how long an idle connection is kept
  // How long a domain's exchangers are believed, which says whose mail shares a lane.
  std::chrono::milliseconds exchangers_age = std::chrono::minutes(1);
  // After nobody there took mail: the first rest is so short that one bad moment costs nothing, and
  // doubles up to the longest.
  std::chrono::milliseconds first_rest = std::chrono::seconds(1);
  std::chrono::milliseconds lane_pause = std::chrono::seconds(30);
  // How long what waits for a lane's first connection is kept in memory: most answer in far less.
  std::chrono::milliseconds patience = std::chrono::seconds(2);
  std::chrono::milliseconds settle_retry = std::chrono::seconds(1);
  std::chrono::milliseconds drain = std::chrono::seconds(10);  // for dialogues at shutdown
};

}  // namespace egd::queue
