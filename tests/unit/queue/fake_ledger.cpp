#include "tests/unit/queue/fake_ledger.h"

#include <algorithm>
#include <limits>

namespace egd::queue {

Uuid MessageId(int number) {
  Uuid id;
  for (size_t i = 0; i < 4; ++i) id.bytes[15 - i] = uint8_t(unsigned(number) >> (8 * i));
  return id;
}

FakeLedger::FakeLedger(const Clock& clock) : clock_(clock), writer_([this] { Write(); }) {}

FakeLedger::~FakeLedger() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  writer_.join();
}

int64_t FakeLedger::Add(int message, const std::string& address,
                        std::chrono::milliseconds expires_in) {
  const std::lock_guard lock(mutex_);
  Row row;
  row.recipient.id = ++last_id_;
  row.recipient.message_id = MessageId(message);
  row.recipient.address = address;
  row.recipient.destination = address.substr(address.find('@') + 1);
  row.recipient.accepted_at = clock_.Now();
  row.recipient.expires_at = clock_.Now() + expires_in.count();
  row.due_at = clock_.Now();
  rows_[last_id_] = row;
  return last_id_;
}

void FakeLedger::SetSenderDomain(const std::string& address, int64_t domain) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, row] : rows_) {
    if (row.recipient.address == address) row.recipient.sender_domain_id = domain;
  }
}

void FakeLedger::SetUser(const std::string& address, int64_t user) {
  const std::lock_guard lock(mutex_);
  for (auto& [id, row] : rows_) {
    if (row.recipient.address == address) row.recipient.user_id = user;
  }
}

void FakeLedger::Claim(size_t most, UnixMillis lease_until, std::vector<int64_t> without,
                       Claimed done) {
  Enqueue([this, most, lease_until, without = std::move(without), done] {
    std::vector<core::DueRecipient> claimed;
    {
      const std::lock_guard lock(mutex_);
      const UnixMillis now = clock_.Now();
      for (auto& [id, row] : rows_) {
        if (claimed.size() == most) break;
        if (std::ranges::count(without, row.recipient.user_id) > 0) continue;
        if (row.due_at > now || (row.lease_until > now && !forget_leases)) continue;
        row.lease_until = lease_until;
        claimed.push_back(row.recipient);
      }
      most_leased_ = std::max(most_leased_, leased());
    }
    done(std::move(claimed));
  });
}

UnixMillis FakeLedger::NextDue() {
  const std::lock_guard lock(mutex_);
  UnixMillis next = 0;
  for (const auto& [id, row] : rows_) {
    const UnixMillis at = std::max(row.due_at, row.lease_until);
    next = next == 0 ? at : std::min(next, at);
  }
  return next;
}

Result<core::OutgoingMessage> FakeLedger::Prepare(const Uuid& id, const core::DueRecipient& to) {
  if (on_prepare) return on_prepare(id, to);
  core::OutgoingMessage message;
  message.return_path = "bounce@example.org";
  message.data = "Message-ID: <" + id.ToString() + "@example.org>\r\n\r\nhello\r\n";
  return message;
}

void FakeLedger::Settle(Outcomes outcomes, std::function<void(Result<void>)> done) {
  Enqueue([this, outcomes = std::move(outcomes), done] {
    if (settle_failures > 0) {
      --settle_failures;
      return done(Unavailable("busy", "the disk is full"));
    }
    {
      const std::lock_guard lock(mutex_);
      for (const auto& outcome : outcomes) Apply(outcome);
    }
    done({});
    changed_.notify_all();
  });
}

void FakeLedger::Apply(const core::DeliveryOutcome& outcome) {
  const auto row = rows_.find(outcome.recipient_id);
  if (row == rows_.end()) return;  // settled before
  outcomes_.push_back(outcome);
  if (outcome.disposition != core::Disposition::kDeferred) {
    rows_.erase(row);
    return;
  }
  row->second.recipient.attempts = outcome.attempt;
  row->second.due_at = outcome.next_attempt_at;
  row->second.lease_until = 0;
}

void FakeLedger::Renew(std::vector<int64_t> ids, UnixMillis lease_until) {
  Enqueue([this, ids, lease_until] {
    const std::lock_guard lock(mutex_);
    for (const int64_t id : ids) {
      renewed_.insert(id);
      const auto row = rows_.find(id);
      if (row != rows_.end()) row->second.lease_until = lease_until;
    }
    changed_.notify_all();
  });
}

void FakeLedger::Release(std::vector<int64_t> ids) {
  Enqueue([this, ids] {
    const std::lock_guard lock(mutex_);
    for (const int64_t id : ids) {
      released_.insert(id);
      const auto row = rows_.find(id);
      if (row != rows_.end()) row->second.lease_until = 0;
    }
    changed_.notify_all();
  });
}

void FakeLedger::Postpone(std::vector<int64_t> ids, UnixMillis until) {
  Enqueue([this, ids, until] {
    const std::lock_guard lock(mutex_);
    for (const int64_t id : ids) {
      const auto row = rows_.find(id);
      if (row != rows_.end()) row->second.lease_until = until;
    }
    changed_.notify_all();
  });
}

void FakeLedger::Hold(std::vector<int64_t> ids) {
  Postpone(std::move(ids), std::numeric_limits<UnixMillis>::max());
}

bool FakeLedger::WaitUntil(std::function<bool()> holds, std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, most, holds);
}

bool FakeLedger::WaitForOutcomes(size_t count) {
  return WaitUntil([this, count] { return outcomes_.size() >= count; });
}

size_t FakeLedger::leased() const {
  const UnixMillis now = clock_.Now();
  return size_t(std::count_if(rows_.begin(), rows_.end(),
                              [&](const auto& row) { return row.second.lease_until > now; }));
}

std::vector<core::DeliveryOutcome> FakeLedger::Of(const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::vector<core::DeliveryOutcome> found;
  for (const auto& outcome : outcomes_) {
    if (outcome.address == address) found.push_back(outcome);
  }
  return found;
}

void FakeLedger::Enqueue(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  jobs_.push_back(std::move(job));
  changed_.notify_all();
}

void FakeLedger::Write() {
  for (;;) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace egd::queue
