#include "daemon/service/tracking/hit_log.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "daemon/core/ip_network.h"
#include "daemon/service/tracking/hit_verdicts.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/message_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLongestAgent = 500;        // bytes; browsers' have some 200
constexpr size_t kWindowsAtOnce = 200;       // closed in one job of some milliseconds
constexpr milliseconds kLongestPause{1000};  // a window that opens meanwhile closes later anyhow
constexpr milliseconds kAfterFailure{1000};

// 192.0.2.0 of 192.0.2.7, 2001:db8:1:: of 2001:db8:1:2::3: the network a provider gives to a site.
std::string Truncated(const std::string& text) {
  const auto address = core::IpAddress::Parse(text);
  if (!address) return {};
  auto bytes = address->bytes();
  std::fill(bytes.begin() + (address->IsV4() ? 15 : 6), bytes.end(), uint8_t{0});
  return core::IpAddress(bytes).ToString();
}

std::string Kept(const std::string& address, StoredAddress how) {
  switch (how) {
    case StoredAddress::kFull:
      return address;
    case StoredAddress::kTruncated:
      return Truncated(address);
    case StoredAddress::kNone:
      return {};
  }
  return {};
}

}  // namespace

HitLog::HitLog(store::Store& store, const Clock& clock, StoredAddress stored_address)
    : store_(store), clock_(clock), stored_address_(stored_address) {}

HitLog::~HitLog() {
  Interrupt();
  Join();
}

void HitLog::Start() {
  ticker_.Start();
}

void HitLog::Add(HitReport report) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMostWaiting) {
      ++lost_;
      return;
    }
    waiting_.push_back(std::move(report));
    if (std::exchange(writing_, true)) return;
  }
  WriteNext();
}

// The caller has set writing_.
void HitLog::WriteNext() {
  auto reports = std::make_shared<Reports>();
  {
    const std::lock_guard lock(mutex_);
    const size_t count = std::min(waiting_.size(), kBatch);
    const auto end = waiting_.begin() + ptrdiff_t(count);
    reports->assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    if (reports->empty()) {
      writing_ = false;
      all_written_.notify_all();
      return;
    }
  }
  store_.WriteAsync(
      [this, reports](store::Transaction& transaction) {
        for (const HitReport& report : *reports) Record(transaction, report);
      },
      [this, reports](const Result<void>& result) { Written(reports, result); });
}

// On the writer's thread, or at once when the store takes nothing; then the ticker tries again.
void HitLog::Written(std::shared_ptr<Reports> reports, const Result<void>& result) {
  if (result) return WriteNext();
  log::Warning("hits not written",
               {{"reason", result.error().public_text}, {"detail", result.error().detail}});
  const std::lock_guard lock(mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(reports->begin()),
                  std::make_move_iterator(reports->end()));
  writing_ = false;
  all_written_.notify_all();
}

void HitLog::Record(store::Transaction& transaction, const HitReport& report) const {
  if (!store::MessageStore(transaction).Find(report.token.message_id)) return;
  store::HitStore hits(transaction);
  core::Event event;
  event.type = report.token.click ? core::EventType::kClick : core::EventType::kOpen;
  event.at = report.at;
  event.message_id = report.token.message_id;
  event.recipient = report.token.recipient;
  event.url = report.url;
  event.user_agent = Printable(report.user_agent.substr(0, kLongestAgent));
  event.client_address = report.address;
  event.hit.method = report.method;
  event.hit.link_index = report.token.link_index;
  event.hit.links = report.token.links;
  const auto delivered = hits.FindDelivery(event.message_id, event.recipient);
  const tracking::HitVerdict verdict = tracking::ClassifyHit(HitOf(event, delivered));
  event.hit.automated = verdict.automated;
  event.hit.rule = verdict.rule;
  event.client_address = Kept(report.address, stored_address_);
  hits.Append(transaction, event, report.at + tracking::kHitWindow);
}

Result<UnixMillis> HitLog::CloseWindows() {
  return store_.Write([&](store::Transaction& transaction) {
    store::HitStore hits(transaction);
    for (const auto& window : hits.ListClosed(clock_.Now(), kWindowsAtOnce)) {
      JudgeAgain(hits, window, window.closes_at - 2 * tracking::kHitWindow);
      hits.Close(transaction, window);
    }
    return hits.NextClose();
  });
}

milliseconds HitLog::Tick() {
  bool again = false;
  uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    again = !waiting_.empty() && !std::exchange(writing_, true);
    lost = std::exchange(lost_, 0);
  }
  if (again) WriteNext();
  if (lost > 0) log::Error("opens and clicks lost", {{"count", std::to_string(lost)}});
  const Result<UnixMillis> next = CloseWindows();
  if (!next) return kAfterFailure;
  if (*next == 0) return kLongestPause;
  return std::clamp(milliseconds(*next - clock_.Now()), milliseconds(1), kLongestPause);
}

void HitLog::Interrupt() {
  ticker_.Interrupt();
}

void HitLog::Join() {
  ticker_.Join();
  std::unique_lock lock(mutex_);
  if (!waiting_.empty() && !std::exchange(writing_, true)) {
    lock.unlock();
    WriteNext();
    lock.lock();
  }
  all_written_.wait_for(lock, kLongestStop, [this] { return !writing_; });
  if (!waiting_.empty()) {
    log::Error("opens and clicks lost", {{"count", std::to_string(waiting_.size())}});
    waiting_.clear();
  }
}

}  // namespace egd::service
