#include "daemon/service/tracking/link_tracker.h"

#include <optional>
#include <utility>

#include "daemon/auth/digest.h"
#include "daemon/mime/html_parts.h"
#include "daemon/service/tracking/tracking_keys.h"
#include "daemon/tracking/hit_token.h"
#include "daemon/tracking/return_path.h"
#include "daemon/tracking/rewrite_html.h"
#include "daemon/tracking/unsubscribe_token.h"
#include "shared/base/sha256.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kDigestOctets = 16;

}  // namespace

// Over all HTML parts of one copy: once to count the links, which every token names, and once to
// write them.
class LinkTracker::Pass {
 public:
  Pass(const LinkTracker& tracker, const TrackedCopy& copy, std::vector<LongLink>& long_links)
      : mac_(MacWith(tracker.hit_key_)),
        copy_(copy),
        base_(tracker.settings_.url_scheme + "://" + copy.tracking_host),
        long_links_(long_links) {}

  void Count(std::string_view html, bool utf8) {
    if (!copy_.links) return;
    tracking::HtmlRewrite rewrite;
    rewrite.utf8 = utf8;
    rewrite.replace = [this](const std::string& url, size_t) -> std::optional<std::string> {
      links_ += IsTracked(url);
      return std::nullopt;
    };
    tracking::RewriteHtml(html, rewrite);
  }

  std::string Write(std::string_view html, bool utf8) {
    tracking::HtmlRewrite rewrite;
    rewrite.utf8 = utf8;
    if (copy_.links) {
      rewrite.replace = [this](const std::string& url, size_t) -> std::optional<std::string> {
        if (!IsTracked(url)) return std::nullopt;
        return base_ + "/c/" + tracking::MakeHitToken(TokenOf(url), mac_);
      };
    }
    if (copy_.opens && !std::exchange(has_pixel_, true)) rewrite.pixel = Pixel();
    return tracking::RewriteHtml(html, rewrite);
  }

 private:
  // No client follows much longer ones, and each click would carry it into its event.
  static constexpr size_t kLongestTracked = 8 * 1024;

  bool IsTracked(std::string_view url) const {
    return !IsOwn(url) && url.size() <= kLongestTracked;
  }
  bool IsOwn(std::string_view url) const {
    return url.size() > base_.size() && url[base_.size()] == '/' &&
           EqualsIgnoreCase(url.substr(0, base_.size()), base_);
  }

  tracking::HitToken TokenOf(const std::string& url) {
    tracking::HitToken token;
    token.click = true;
    token.message_id = copy_.message_id;
    token.recipient = copy_.recipient;
    token.link_index = next_++;
    token.links = links_;
    if (url.size() <= tracking::kLongestUrl) {
      token.url = url;
    } else {
      token.url_digest = Sha256(url).substr(0, kDigestOctets);
      long_links_.push_back({token.url_digest, url});
    }
    return token;
  }

  std::string Pixel() const {
    tracking::HitToken token;
    token.message_id = copy_.message_id;
    token.recipient = copy_.recipient;
    return "<img src=\"" + base_ + "/o/" + tracking::MakeHitToken(token, mac_) +
           "\" width=\"1\" height=\"1\" alt=\"\" border=\"0\" "
           "style=\"width:1px;height:1px;border:0\">";
  }

  const tracking::Mac mac_;
  const TrackedCopy& copy_;
  const std::string base_;  // scheme and host
  std::vector<LongLink>& long_links_;
  uint32_t links_ = 0, next_ = 0;
  bool has_pixel_ = false;
};

LinkTracker::LinkTracker(const auth::Vault& vault, TrackingSettings settings)
    : settings_(std::move(settings)),
      hit_key_(vault.Derive(kHitPurpose)),
      unsubscribe_key_(vault.Derive(kUnsubscribePurpose)),
      unsubscribe_address_key_(vault.Derive(kUnsubscribeAddressPurpose)) {}

std::string LinkTracker::TrackHtml(std::string_view html, const TrackedCopy& copy,
                                   std::vector<LongLink>& long_links) const {
  Pass pass(*this, copy, long_links);
  pass.Count(html, true);
  return pass.Write(html, true);
}

std::string LinkTracker::TrackMessage(std::string_view message, const TrackedCopy& copy,
                                      std::vector<LongLink>& long_links) const {
  Pass pass(*this, copy, long_links);
  if (copy.links) {
    mime::ChangeHtmlParts(message, [&](std::string_view html, bool utf8) {
      pass.Count(html, utf8);
      return std::optional<std::string>();
    });
  }
  return mime::ChangeHtmlParts(message, [&](std::string_view html, bool utf8) {
    return std::optional<std::string>(pass.Write(html, utf8));
  });
}

std::string LinkTracker::UnsubscribeUrl(const TrackedCopy& copy) const {
  if (!settings_.enabled) return {};
  const std::string token = tracking::MakeUnsubscribeToken(
      {copy.domain_id, copy.message_id, copy.list_id, copy.recipient}, MacWith(unsubscribe_key_));
  return tracking::UnsubscribeUrl(settings_.url_scheme, copy.tracking_host, token);
}

std::string LinkTracker::UnsubscribeAddress(const TrackedCopy& copy) const {
  return tracking::MakeUnsubscribeLocalPart({copy.message_id, copy.recipient_id},
                                            MacWith(unsubscribe_address_key_)) +
         "@" + copy.mfrom_host;
}

}  // namespace egd::service
