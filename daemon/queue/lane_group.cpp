#include "daemon/queue/lane_group.h"

#include <boost/asio/post.hpp>
#include <pthread.h>

namespace egd::queue {

namespace asio = boost::asio;

LaneGroup::LaneGroup(const LaneParts& parts, core::DeliveryLedger& ledger, Claimer& claimer)
    : parts_(parts),
      recorder_(context_.get_executor(), ledger, claimer, parts.options.settle_retry) {}

LaneGroup::~LaneGroup() {
  Interrupt();
  Join();
}

void LaneGroup::Start(const std::string& thread_name) {
  thread_ = std::thread([this, thread_name] {
    pthread_setname_np(pthread_self(), thread_name.c_str());
    context_.run();
  });
}

void LaneGroup::Interrupt() {
  asio::post(context_, [this] { Stop(); });
}

void LaneGroup::Join() {
  work_.reset();
  if (thread_.joinable()) thread_.join();
}

void LaneGroup::Submit(std::vector<Transaction> transactions) {
  asio::post(context_, [this, transactions = std::move(transactions)]() mutable {
    for (auto& transaction : transactions) Place(std::move(transaction));
  });
}

void LaneGroup::Hold(const std::string& destination, UnixMillis until) {
  asio::post(context_, [this, destination, until] {
    for (auto& [name, lane] : lanes_) lane->Hold(destination, until);
  });
}

void LaneGroup::Retry(const std::string& lane) {
  asio::post(context_, [this, lane] {
    const auto found = lanes_.find(lane);
    if (found != lanes_.end()) found->second->Retry();
  });
}

void LaneGroup::Place(Transaction transaction) {
  if (stopping_) return recorder_.Release(transaction.recipients);
  auto& lane = lanes_[transaction.lane];
  if (!lane) {
    const std::string name = transaction.lane;
    const auto on_end = [this, name] { asio::post(context_, [this, name] { Forget(name); }); };
    lane = std::make_unique<Lane>(parts_, context_.get_executor(), recorder_, name, on_end);
  }
  lane->Submit(std::move(transaction));
}

void LaneGroup::Forget(const std::string& name) {
  const auto lane = lanes_.find(name);
  if (lane != lanes_.end() && lane->second->HasEnded()) lanes_.erase(lane);
  EndDrainWhenEmpty();
}

void LaneGroup::Stop() {
  if (std::exchange(stopping_, true)) return;
  for (auto& [name, lane] : lanes_) lane->Stop();
  recorder_.GiveUp(parts_.options.drain);
  drain_.expires_after(parts_.options.drain);
  drain_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) Abort();
  });
  EndDrainWhenEmpty();
}

void LaneGroup::Abort() {
  for (auto& [name, lane] : lanes_) lane->Abort();
}

// The timer is then the last work of context_, but for outcomes that the ledger has yet to take.
void LaneGroup::EndDrainWhenEmpty() {
  if (stopping_ && lanes_.empty()) drain_.cancel();
}

}  // namespace egd::queue
