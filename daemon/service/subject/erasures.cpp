#include "daemon/service/subject/erasures.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "daemon/service/sending/queue_message.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/suppression_store.h"
#include "shared/base/encoding.h"
#include "shared/base/log.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using std::chrono::milliseconds;
using store::SubjectErasure;

constexpr size_t kRowsAtOnce = 200;  // in a job: some 20 ms, most of it for pages overwritten
constexpr size_t kUsersAtOnce = 1000;
constexpr size_t kPagesAtOnce = 64;                      // half a megabyte
constexpr milliseconds kIdle = std::chrono::minutes(1);  // it is woken
constexpr milliseconds kWaiting{1000};                   // for deliveries and others' mail
constexpr milliseconds kAfterFailure{5000};

// The round ends; what is left is the next one's.
struct Failed : std::runtime_error {
  explicit Failed(const Error& error)
      : std::runtime_error(error.public_text + " " + error.detail) {}
};

template <typename T>
T Value(Result<T> result) {
  if (!result) throw Failed(result.error());
  return *std::move(result);
}
void Value(const Result<void>& result) {
  if (!result) throw Failed(result.error());
}

std::string NewAlias(const core::EmailAddress& address) {
  constexpr size_t kBytes = 6;
  return "erased-" + Hex(RandomBytes(kBytes)) + "@" + address.domain;
}

const store::SubjectTable& TableOf(SubjectErasure erasure) {
  return *std::ranges::find(store::SubjectTables(), erasure, &store::SubjectTable::erasure);
}

// Calls `take` with the rows that name the address, a page at a time, and whether to go on.
template <typename Take>
void Walk(store::Store& store, const store::SubjectTable& table, const core::AddressFinder& finder,
          const std::vector<int64_t>& messages, Take take) {
  store::SubjectKey after;
  do {
    store::SubjectPage page = Value(store.Read([&](store::Connection& connection) {
      return store::SubjectStore(connection).Read(table, finder, after, messages);
    }));
    if (!take(page.rows)) return;
    after = std::move(page.last);
  } while (!after.empty());
}

}  // namespace

struct Erasures::Work {
  const store::Erasure& erasure;
  core::AddressFinder finder;
  Progress& progress;
};

void Erasures::Interrupt() {
  ticker_.Interrupt();
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  finished_.notify_all();
}

Result<store::Erasure> Erasures::Erase(const core::EmailAddress& address, milliseconds patience) {
  const std::string text = Lower(address.Text());
  for (int64_t after = 0, more = 1; more != 0; after = more) {
    const Result<int64_t> last = store_.WriteLarge([&](store::Transaction& tx) {
      return store::SuppressionStore(tx).InsertErased(text, clock_.Now(), after, kUsersAtOnce);
    });
    if (!last) return last.error();
    more = *last;
  }
  const Result<int64_t> id = store_.Write([&](store::Transaction& tx) {
    return store::ErasureStore(tx).Begin(text, NewAlias(address), clock_.Now());
  });
  if (!id) return id.error();
  ticker_.Wake();
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    uint64_t round = 0;
    {
      const std::lock_guard lock(mutex_);
      round = rounds_;
    }
    auto erasure = store_.Read(
        [&](store::Connection& connection) { return store::ErasureStore(connection).Find(*id); });
    if (!erasure) return erasure.error();
    if (!*erasure) return Internal("the erasure is gone");
    std::unique_lock lock(mutex_);
    const bool waits =
        (*erasure)->finished_at == 0 && !interrupted_ &&
        finished_.wait_until(lock, end, [&] { return rounds_ > round || interrupted_; });
    if (!waits) return **std::move(erasure);
  }
}

Result<ErasurePage> Erasures::List(int64_t offset, int64_t limit) {
  return store_.Read([&](store::Connection& connection) {
    store::ErasureStore erasures(connection);
    return ErasurePage{erasures.List(offset, limit), erasures.CountAll()};
  });
}

milliseconds Erasures::RunDue() {
  milliseconds pause = kIdle;
  try {
    const auto unfinished = Value(store_.Read([](store::Connection& connection) {
      return store::ErasureStore(connection).ListUnfinished();
    }));
    for (const store::Erasure& erasure : unfinished) {
      if (Stops()) break;
      if (const auto wait = Advance(erasure)) pause = std::min(pause, *wait);
    }
    if (log_has_more_) log_has_more_ = !Value(store_.CutLog());
    if (log_has_more_) pause = std::min(pause, kWaiting);
  } catch (const Failed& failed) {
    log::Warning("erasing failed", {{"reason", failed.what()}});
    pause = kAfterFailure;
  }
  const std::lock_guard lock(mutex_);
  ++rounds_;
  finished_.notify_all();
  return pause;
}

std::optional<milliseconds> Erasures::Advance(const store::Erasure& erasure) {
  const auto address = core::ParseEmailAddress(erasure.address);
  if (!address) throw Failed(address.error());
  Work work{erasure, core::AddressFinder(*address), progress_[erasure.id]};
  EraseQueued(work);
  if (!work.progress.leased.empty() || Stops()) return kWaiting;
  if (!work.progress.swept) {
    for (const store::SubjectTable& table : store::SubjectTables()) EraseTable(work, table);
    FindContents(work);
    if (Stops()) return kWaiting;
    const size_t sessions =
        sessions_.Forget([&](const std::string& text) { return work.finder.IsIn(text); });
    Value(store_.Write([&](store::Transaction& tx) {
      store::ErasureStore(tx).Count(erasure.id, "smtp_session", int64_t(sessions));
    }));
    work.progress.swept = true;
  }
  EraseContents(work);
  if (!work.progress.contents.empty() || Stops()) return kWaiting;
  store_.RebuildSearchIndex();
  OverwriteFreePages();
  if (Stops()) return kWaiting;
  Value(store_.Write(
      [&](store::Transaction& tx) { store::ErasureStore(tx).Finish(erasure.id, clock_.Now()); }));
  log_has_more_ = true;
  progress_.erase(erasure.id);
  log::Info("an address was erased", {{"erasure", std::to_string(erasure.id)}});
  return std::nullopt;
}

// What is leased may be at its server already: its outcome is waited for.
void Erasures::EraseQueued(Work& work) {
  Progress& progress = work.progress;
  if (!progress.looked_at_queue) {
    EraseTable(work, TableOf(SubjectErasure::kDeleteOwn));  // subscribers: they would be queued
    Walk(store_, TableOf(SubjectErasure::kQueued), work.finder, {}, [&](const auto& rows) {
      for (const store::SubjectRow& row : rows) progress.leased.push_back(row.cells[0].number);
      return !Stops();
    });
    progress.looked_at_queue = !Stops();
  }
  std::vector<int64_t> left;
  for (size_t at = 0; at < progress.leased.size(); at += kRowsAtOnce) {
    const size_t end = std::min(progress.leased.size(), at + kRowsAtOnce);
    const std::vector<int64_t> some(progress.leased.begin() + long(at),
                                    progress.leased.begin() + long(end));
    Value(store_.WriteLarge([&](store::Transaction& tx) {
      const store::OverwritesDeleted overwrites(tx);
      store::QueueStore queue(tx);
      const UnixMillis now = clock_.Now();
      const auto taken = queue.TakeWaiting(some, now);
      for (const store::QueuedRecipient& recipient : taken) {
        const auto message = store::MessageStore(tx).Find(recipient.message_id);
        if (message) AppendFirstEvents(tx, *message, {}, {work.erasure.alias}, "erased", now);
      }
      store::ErasureStore(tx).Count(work.erasure.id, "queued", int64_t(taken.size()));
      for (const int64_t id : some) {
        if (queue.Find(id)) left.push_back(id);
      }
    }));
  }
  progress.leased = std::move(left);
}

void Erasures::EraseTable(Work& work, const store::SubjectTable& table) {
  if (table.erasure == SubjectErasure::kNothing || table.erasure == SubjectErasure::kQueued ||
      table.erasure == SubjectErasure::kContent) {
    return;
  }
  Walk(store_, table, work.finder, {}, [&](const std::vector<store::SubjectRow>& rows) {
    for (size_t at = 0; at < rows.size() && !Stops(); at += kRowsAtOnce) {
      const std::vector<store::SubjectRow> some(
          rows.begin() + long(at), rows.begin() + long(std::min(rows.size(), at + kRowsAtOnce)));
      Value(store_.WriteLarge([&](store::Transaction& tx) {
        const int64_t erased = store::SubjectStore(tx).Erase(table, work.finder, work.erasure.alias,
                                                             some, work.progress.alone);
        store::ErasureStore(tx).Count(work.erasure.id, table.kind, erased);
      }));
    }
    return !Stops();
  });
}

void Erasures::FindContents(Work& work) {
  Progress& progress = work.progress;
  std::ranges::sort(progress.alone);
  progress.contents.clear();
  Walk(store_, TableOf(SubjectErasure::kContent), work.finder, progress.alone,
       [&](const std::vector<store::SubjectRow>& rows) {
         for (const store::SubjectRow& row : rows) {
           progress.contents.push_back(row.cells[0].number);
         }
         return !Stops();
       });
}

void Erasures::EraseContents(Work& work) {
  std::vector<int64_t> left;
  for (const int64_t message : work.progress.contents) {
    const store::SubjectContent content = Value(store_.Read([&](store::Connection& connection) {
      return store::SubjectStore(connection).FindContent(message);
    }));
    const bool in_segment = content.place.segment != 0;
    const bool may_go = content.finished && !Stops() &&
                        (!in_segment || Value(store_.OverwriteContents({content.place})));
    if (!may_go) {
      left.push_back(message);
      continue;
    }
    Value(store_.WriteLarge([&](store::Transaction& tx) {
      store::SubjectStore(tx).DeleteContent(message);
      store::ErasureStore(tx).Count(work.erasure.id, "content", 1);
    }));
  }
  work.progress.contents = std::move(left);
}

// Others free pages meanwhile, so it would never end: twice as many as there are is enough.
void Erasures::OverwriteFreePages() {
  const auto fill = [](store::Transaction& tx) {
    return store::SubjectStore(tx).FillFreePages(kPagesAtOnce);
  };
  const auto free = Value(store_.Read([](store::Connection& connection) {
    return store::SubjectStore(connection).CountFreePages();
  }));
  size_t filled = 0;
  for (size_t pages = 1; pages > 0 && filled < 2 * size_t(free) && !Stops(); filled += pages) {
    pages = Value(store_.WriteLarge(fill));
  }
  for (bool more = true; more && !Stops();) {
    more = Value(
        store_.WriteLarge([](store::Transaction& tx) { return store::SubjectStore(tx).Unfill(); }));
  }
}

}  // namespace egd::service
