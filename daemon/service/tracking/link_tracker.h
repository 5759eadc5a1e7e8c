// Makes a message countable for one recipient: links and a pixel that lead to its domain's tracking
// host, and the addresses of its unsubscribe link. Policy:
//  - Nothing is made while [tracking] listen is empty.
//  - A link that leads to the tracking host itself stays: it is an unsubscribe link, or was
//    rewritten before.
//  - The pixel stands in the first HTML part alone.
//  - A URL of more than tracking::kLongestUrl octets goes into no token; the caller keeps it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/vault.h"
#include "shared/base/uuid.h"

namespace egd::service {

struct TrackingSettings {
  bool enabled = false;              // [tracking] listen is set
  std::string url_scheme = "https";  // of the links
};

// Whose copy is made.
struct TrackedCopy {
  Uuid message_id;
  int64_t domain_id = 0;
  int64_t list_id = 0;  // whose unsubscribe link it has; 0: no list's
  std::string recipient;
  int64_t recipient_id = 0;  // in the queue
  std::string tracking_host, mfrom_host;
  bool links = false, opens = false;
};

struct LongLink {
  std::string digest, url;
};

// Owned by Daemon. Immutable: thread-safe.
class LinkTracker {
 public:
  LinkTracker(const auth::Vault& vault, TrackingSettings settings);

  bool enabled() const { return settings_.enabled; }

  // The text with its links and pixel, and what `long_links` must keep before it goes out.
  std::string TrackHtml(std::string_view html, const TrackedCopy& copy,
                        std::vector<LongLink>& long_links) const;
  // The same for all HTML parts of a finished message.
  std::string TrackMessage(std::string_view message, const TrackedCopy& copy,
                           std::vector<LongLink>& long_links) const;

  // https://track-sl.example.com/u/…; empty while tracking is off.
  std::string UnsubscribeUrl(const TrackedCopy& copy) const;
  // u-…@sl.example.com
  std::string UnsubscribeAddress(const TrackedCopy& copy) const;

 private:
  class Pass;

  const TrackingSettings settings_;
  const std::string hit_key_, unsubscribe_key_, unsubscribe_address_key_;
};

}  // namespace egd::service
