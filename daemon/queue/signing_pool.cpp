#include "daemon/queue/signing_pool.h"

#include <exception>
#include <string>

#include <pthread.h>

namespace egd::queue {
namespace {

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
    : ledger_(ledger), thread_count_(threads), max_bytes_(max_bytes) {}

SigningPool::~SigningPool() {
  Interrupt();
  Join();
}

void SigningPool::Start() {
  for (size_t i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this, name = "egd-sign." + std::to_string(i)] {
      pthread_setname_np(pthread_self(), name.c_str());
      Run();
    });
  }
}

void SigningPool::Interrupt() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void SigningPool::Join() {
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void SigningPool::Prepare(const core::DueRecipient& recipient, Done done) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back({recipient, std::move(done)});
  changed_.notify_one();
}

void SigningPool::Run() {
  for (Job job; NextJob(job); job = {}) {
    auto message = PrepareSafely(ledger_, job.recipient);
    if (message) {
      job.done(Count(*std::move(message)));
    } else {
      job.done(message.error());
    }
  }
}

bool SigningPool::NextJob(Job& job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return jobs_.empty() ? stopping_ : bytes_ < max_bytes_; });
  if (jobs_.empty()) return false;
  job = std::move(jobs_.front());
  jobs_.pop_front();
  return true;
}

PreparedMessage SigningPool::Count(core::OutgoingMessage message) {
  const size_t bytes = message.data.size();
  {
    const std::lock_guard lock(mutex_);
    bytes_ += bytes;
  }
  return {new core::OutgoingMessage(std::move(message)),
          [this, bytes](const core::OutgoingMessage* counted) {
            delete counted;
            LetGo(bytes);
          }};
}

void SigningPool::LetGo(size_t bytes) {
  const std::lock_guard lock(mutex_);
  const bool was_full = bytes_ >= max_bytes_;
  bytes_ -= bytes;
  if (was_full) changed_.notify_all();
}

}  // namespace egd::queue
