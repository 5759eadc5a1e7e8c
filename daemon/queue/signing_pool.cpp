#include "daemon/queue/signing_pool.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

namespace egd::queue {
namespace {

// Of each lane: a thousand ordinary messages, or ten with pictures.
constexpr size_t kGuaranteedBytes = 1024 * 1024;

// A bug in one message's making is that message's trouble alone.
Result<core::OutgoingMessage> PrepareSafely(core::DeliveryLedger& ledger,
                                            const core::DueRecipient& recipient) {
  try {
    return ledger.Prepare(recipient.message_id, recipient);
  } catch (const std::exception& bug) {
    return Internal(std::string("preparing a message threw: ") + bug.what());
  }
}

}  // namespace

SigningPool::SigningPool(core::DeliveryLedger& ledger, size_t threads, size_t max_bytes)
    : ledger_(ledger),
      max_bytes_(max_bytes),
      bytes_(max_bytes, std::min(kGuaranteedBytes, max_bytes / 8)),
      workers_("egd-sign", threads, SIZE_MAX,
               [this] { return [this](Job job) { Make(std::move(job)); }; }) {}

SigningPool::~SigningPool() {
  Interrupt();
  Join();
}

void SigningPool::Start() {
  workers_.Start();
}

void SigningPool::Interrupt() {
  workers_.Interrupt();
}

void SigningPool::Join() {
  workers_.Join();
  std::deque<PreparedMessage> forgotten;  // without the lock, which LetGo takes
  const std::lock_guard lock(mutex_);
  forgotten.swap(recent_);
}

void SigningPool::Prepare(const core::DueRecipient& recipient, const std::string& lane, bool share,
                          Done done) {
  Job job = {recipient, lane, std::move(done), share, 0};
  PreparedMessage ready;
  {
    const std::lock_guard lock(mutex_);
    if (share && JoinOthers(job, ready)) return;
    if (!ready) {
      workers_.Submit(job);
      return;
    }
  }
  job.done(std::move(ready));
}

// With mutex_ held. True: the job waits for the one being made. `ready`: it is made already.
bool SigningPool::JoinOthers(Job& job, PreparedMessage& ready) {
  Shared& shared = shared_[job.recipient.message_id];
  ready = shared.made.lock();
  if (ready) return false;
  if (!std::exchange(shared.making, true)) return false;
  shared.waiting.push_back(std::move(job));
  return true;
}

void SigningPool::Make(Job job) {
  auto message = PrepareSafely(ledger_, job.recipient);
  if (!message) {
    Return(job.lane, job.reserved);
    Serve(std::move(job), message.error());
  } else if (Reserve(job, message->data.size())) {
    PreparedMessage counted = Count(*std::move(message), job);
    Serve(std::move(job), std::move(counted));
  }
}

void SigningPool::Serve(Job job, Result<PreparedMessage> message) {
  if (job.shared) {
    for (Job& each : EndMaking(job, message)) each.done(message);
    if (message && !(*message)->personal) Remember(*message);
  }
  job.done(std::move(message));
}

// Returns who waited for the same; those for whom a personal message is of no use become jobs.
std::vector<SigningPool::Job> SigningPool::EndMaking(const Job& job,
                                                     const Result<PreparedMessage>& message) {
  const std::lock_guard lock(mutex_);
  const auto shared = shared_.find(job.recipient.message_id);
  if (shared == shared_.end()) return {};
  std::vector<Job> waiting = std::move(shared->second.waiting);
  if (message && !(*message)->personal) {
    shared->second.making = false;
    shared->second.made = *message;
    return waiting;
  }
  shared_.erase(shared);
  if (!message) return waiting;
  for (Job& each : waiting) {
    each.shared = false;
    workers_.Submit(each);
  }
  return {};
}

void SigningPool::Remember(PreparedMessage message) {
  constexpr size_t kMostMessages = 64;
  const size_t most_bytes = max_bytes_ / 8;  // they count, too
  std::vector<PreparedMessage> forgotten;    // ends without the lock, which LetGo takes
  const std::lock_guard lock(mutex_);
  size_t bytes = message->data.size();
  recent_.push_front(std::move(message));
  for (size_t i = 1; i < recent_.size(); ++i) bytes += recent_[i]->data.size();
  while (recent_.size() > kMostMessages || (bytes > most_bytes && !recent_.empty())) {
    bytes -= recent_.back()->data.size();
    forgotten.push_back(std::move(recent_.back()));
    recent_.pop_back();
  }
}

// False: the job waits for room, and becomes one again when there is some.
bool SigningPool::Reserve(Job& job, size_t bytes) {
  if (job.reserved > 0) return true;
  job.reserved = std::max<size_t>(bytes, 1);
  const auto again = std::make_shared<Job>(job);
  const std::lock_guard lock(mutex_);
  return bytes_.TakeOrWait(job.lane, job.reserved, [this, again] { workers_.Submit(*again); });
}

void SigningPool::Return(const std::string& lane, size_t bytes) {
  const std::lock_guard lock(mutex_);
  for (const auto& granted : bytes_.Return(lane, bytes)) granted();
}

PreparedMessage SigningPool::Count(core::OutgoingMessage message, const Job& job) {
  return {new core::OutgoingMessage(std::move(message)),
          [this, lane = job.lane, bytes = job.reserved,
           id = job.recipient.message_id](const core::OutgoingMessage* counted) {
            delete counted;
            LetGo(lane, bytes, id);
          }};
}

void SigningPool::LetGo(const std::string& lane, size_t bytes, const Uuid& id) {
  {
    const std::lock_guard lock(mutex_);
    const auto shared = shared_.find(id);
    if (shared != shared_.end() && !shared->second.making && shared->second.made.expired()) {
      shared_.erase(shared);
    }
  }
  Return(lane, bytes);
}

}  // namespace egd::queue
