#include "daemon/service/tracking/hit_log.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "daemon/core/ip_network.h"
#include "daemon/service/tracking/hit_verdicts.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/suppression_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLongestAgent = 500;   // bytes; browsers' have some 200
constexpr size_t kWindowsAtOnce = 200;  // closed in one job of some milliseconds
constexpr size_t kBatchesAtOnce = 20;   // then windows have their turn: about every half second
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

size_t SizeOf(const HitReport& report) {
  return sizeof report + report.url.size() + report.user_agent.size() + report.address.size() +
         report.token.url.size() + report.token.recipient.size();
}

}  // namespace

HitLog::HitLog(store::Store& store, const Clock& clock, StoredAddress stored_address,
               const std::string& data_dir)
    : store_(store),
      clock_(clock),
      stored_address_(stored_address),
      journal_(data_dir, clock),
      opened_(OpenJournal()) {}

HitLog::~HitLog() {
  Interrupt();
  Join();
}

Result<void> HitLog::OpenJournal() {
  const Result<store::HitPlace> place = store_.Read(
      [](store::Connection& connection) { return store::HitStore(connection).JournalPlace(); });
  if (!place) return place.error();
  place_ = *place;
  return journal_.Open(place_);
}

Result<void> HitLog::Start() {
  if (!opened_) return opened_;
  writer_.Start();
  recorder_.Start();
  return {};
}

void HitLog::Add(HitReport report) {
  report.user_agent.resize(std::min(report.user_agent.size(), kLongestAgent));
  const size_t bytes = SizeOf(report);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_bytes_ + bytes > kMostWaiting) {
      ++lost_;
      return;
    }
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(report));
    wake = !is_failing_;  // else it tries again in a second
  }
  if (wake) writer_.Wake();
}

void HitLog::WriteJournal() {
  std::vector<HitReport> reports;
  uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    reports.swap(waiting_);
    lost = std::exchange(lost_, 0);
  }
  if (lost > 0) log::Error("opens and clicks lost", {{"count", std::to_string(lost)}});
  if (reports.empty()) return journal_.EndOldFile();
  const auto written = journal_.Append(reports);
  if (!written) log::Warning("hits not written", {{"reason", written.error().public_text}});
  {
    const std::lock_guard lock(mutex_);
    is_failing_ = !written;
    if (!written) {
      waiting_.insert(waiting_.begin(), std::make_move_iterator(reports.begin()),
                      std::make_move_iterator(reports.end()));
      return;
    }
    for (const HitReport& report : reports) waiting_bytes_ -= SizeOf(report);
  }
  recorder_.Wake();
}

// False: there are none, or the store takes nothing now.
bool HitLog::RecordBatch() {
  store::HitPlace behind = place_;
  const std::vector<HitReport> reports = journal_.Read(behind, kBatch);
  if (reports.empty()) {
    place_ = behind;  // a file that has ended is done with
    journal_.Forget(place_);
    return false;
  }
  const Result<void> recorded = store_.WriteLarge([&](store::Transaction& transaction) {
    for (const HitReport& report : reports) Record(transaction, report);
    store::HitStore(transaction).SetJournalPlace(behind);
  });
  if (!recorded) {
    log::Warning("hits not recorded",
                 {{"reason", recorded.error().public_text}, {"detail", recorded.error().detail}});
    return false;
  }
  place_ = behind;
  journal_.Forget(place_);
  return true;
}

void HitLog::Record(store::Transaction& transaction, const HitReport& report) const {
  const auto message = store::MessageStore(transaction).Find(report.token.message_id);
  if (!message ||
      store::SuppressionStore(transaction).IsErased(message->user_id, report.token.recipient)) {
    return;
  }
  store::HitStore hits(transaction);
  core::Event event;
  event.type = report.token.click ? core::EventType::kClick : core::EventType::kOpen;
  event.at = report.at;
  event.message_id = report.token.message_id;
  event.recipient = report.token.recipient;
  event.url = report.url;
  event.user_agent = Printable(report.user_agent);
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
  return store_.WriteLarge([&](store::Transaction& transaction) {
    store::HitStore hits(transaction);
    for (const auto& window : hits.ListClosed(clock_.Now(), kWindowsAtOnce)) {
      JudgeAgain(hits, window, window.closes_at - 2 * tracking::kHitWindow);
      hits.Close(transaction, window);
    }
    return hits.NextClose();
  });
}

milliseconds HitLog::Tick() {
  const bool more = RecordBatch();
  if (more && ++batches_ < kBatchesAtOnce) return milliseconds(0);
  batches_ = 0;
  const Result<UnixMillis> next = CloseWindows();
  if (!next) return kAfterFailure;
  if (more) return milliseconds(0);
  if (*next == 0) return kLongestPause;
  return std::clamp(milliseconds(*next - clock_.Now()), milliseconds(1), kLongestPause);
}

void HitLog::Interrupt() {
  recorder_.Interrupt();
}

// What comes until the last moment is written by this thread.
void HitLog::Join() {
  writer_.Interrupt();
  writer_.Join();
  recorder_.Join();
  WriteJournal();
  const auto end = std::chrono::steady_clock::now() + kLongestStop;
  while (RecordBatch() && std::chrono::steady_clock::now() < end) {
  }
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) return;
  log::Error("opens and clicks lost", {{"count", std::to_string(waiting_.size())}});
  waiting_.clear();
}

}  // namespace egd::service
