#include "daemon/store/store.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/store/failure.h"
#include "daemon/store/message_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/reader_pool.h"
#include "daemon/store/search_indexer.h"
#include "daemon/store/segments.h"
#include "daemon/store/tenancy.h"
#include "daemon/store/trial.h"
#include "daemon/store/upgrade.h"
#include "daemon/store/writer.h"
#include "shared/base/log.h"
#include "shared/base/random.h"

namespace egd::store {
namespace {

// Searches use a processor each, all the time: one user's leave half of them to the others' mail.
size_t LongReadsEach(const StoreOptions& options) {
  const size_t half = std::max(std::thread::hardware_concurrency() / 2, 1U);
  return std::min(options.long_readers_each, half);
}

// Of the threads that read, one user's long reads hold half, and all users' leave a quarter for all
// else.
ReadTurns::Limits TurnsOf(const StoreOptions& options) {
  const size_t running = LongReadsEach(options), half = options.reading_threads / 2;
  return {running, half > running ? half - running : 0,
          std::max(options.reading_threads * 3 / 4, running), options.read_wait};
}

// Mail is private: neither the directory nor the files (SQLite gives its log the mode of the
// database) are for others.
Result<void> CreateFiles(const std::string& data_dir, const std::string& path) {
  if (mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unavailable("Cannot create " + data_dir + ": " + std::strerror(errno) + ".");
  }
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return Unavailable("Cannot open " + path + ": " + std::strerror(errno) + ".");
  close(file);
  return {};
}

Error Damaged(const std::string& path, const std::string& detail) {
  return Error{ErrorKind::kInternal,
               "The database " + path + " is damaged (" + detail +
                   "). egd leaves it as it is. Restore the last backup, or save what can be read "
                   "with: sqlite3 " +
                   path + " .recover | sqlite3 recovered.db",
               detail};
}

Result<void> CheckWhole(Connection& connection, const std::string& path) {
  Query query(connection, "PRAGMA quick_check(1)");
  query.Step();
  const auto verdict = query.Value<std::string>();
  if (verdict != "ok") return Damaged(path, verdict);
  return {};
}

// A larger one is checked after an unclean stop, by egd --check and by a backup's restore: reading
// it all would keep mail waiting at each start.
bool IsSoonChecked(const std::string& path) {
  constexpr uint64_t kMost = 128 * 1024 * 1024;  // some tenths of a second
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  return !unknown && bytes <= kMost;
}

Result<void> Prepare(Transaction& writer, const std::string& path, bool after_unclean_stop) {
  if (after_unclean_stop) {
    log::Warning("store: the last egd did not stop cleanly; checking the database");
  }
  if (after_unclean_stop || IsSoonChecked(path)) {
    if (Result<void> whole = CheckWhole(writer, path); !whole) return whole;
  }
  if (Result<void> upgraded = Upgrade(writer, path); !upgraded) return upgraded;
  writer.segments().StartAfter(MessageStore(writer).LastSegment());
  return {};
}

// The largest message, in the database's log and in a file.
constexpr uint64_t kLeastRoom = 64 * 1024 * 1024;

Result<void> CheckRoom(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) {
    return Unavailable("The gateway's disk is not available.", std::strerror(errno));
  }
  if (uint64_t(disk.f_bavail) * disk.f_frsize < kLeastRoom) {
    return Unavailable("The gateway's disk is full.");
  }
  return {};
}

Error ShuttingDown() {
  return Unavailable("The gateway is shutting down.");
}

// A number that no other start has.
int64_t NewLeaseOwner() {
  int64_t owner = 0;
  for (const char byte : RandomBytes(7)) owner = (owner << 8) | uint8_t(byte);
  return owner + 1;
}

// Only one process has the data directory: whoever had leases before is no more.
void EndDeadLeases(Transaction& writer, int64_t owner) {
  Execute(writer, "BEGIN IMMEDIATE");
  QueueStore(writer).ReleaseAllBut(owner);
  Execute(writer, "COMMIT");
}

}  // namespace

// In the order of construction; destruction closes readers and writer before the clean end is
// marked.
struct Store::Impl {
  Impl(Tenancy tenancy, std::unique_ptr<Transaction> transaction, const std::string& path,
       const std::string& index_path, const Options& options)
      : path(path),
        segments_directory(SegmentsBeside(path)),
        tenancy(std::move(tenancy)),
        readers(std::make_unique<ReaderPool>(
            path, index_path,
            ReaderPool::Options{options.readers, options.read_wait, {}, options.address_hash})),
        long_readers(std::make_unique<ReaderPool>(
            path, index_path,
            ReaderPool::Options{options.long_readers, options.read_wait, options.longest_read,
                                options.address_hash})),
        long_read_turns(TurnsOf(options)),
        indexer(std::make_unique<SearchIndexer>(index_path, path)),
        writer(std::make_unique<Writer>(std::move(transaction), options,
                                        [this] { indexer->Wake(); })) {}
  ~Impl() {
    indexer->Stop();
    readers.reset();
    long_readers.reset();
    writer.reset();  // the last to close the file: it leaves no log beside it
    tenancy.EndCleanly();
  }

  const std::string path;  // of the database
  const std::string segments_directory;
  std::mutex files;                        // no segment is deleted while one is being counted on
  std::atomic<bool> has_snapshot = false;  // set under `files`
  Tenancy tenancy;
  std::unique_ptr<ReaderPool> readers, long_readers;
  ReadTurns long_read_turns;
  std::unique_ptr<SearchIndexer> indexer;
  std::unique_ptr<Writer> writer;
};

Result<std::unique_ptr<Store>> Store::Open(const std::string& data_dir, const Options& options) {
  const std::string path = data_dir + "/egd.db";
  if (Result<void> created = CreateFiles(data_dir, path); !created) return created.error();
  Result<Tenancy> tenancy = Tenancy::Take(data_dir);
  if (!tenancy) return tenancy.error();
  try {
    auto writer = std::make_unique<Transaction>(path, false);
    const Result<void> prepared = Prepare(*writer, path, tenancy->after_unclean_stop());
    if (!prepared) return prepared.error();
    writer->SetAddressHash(options.address_hash);
    const int64_t owner = NewLeaseOwner();
    EndDeadLeases(*writer, owner);
    RemoveSnapshotOf(path);
    return std::unique_ptr<Store>(
        new Store(owner, std::make_unique<Impl>(*std::move(tenancy), std::move(writer), path,
                                                data_dir + "/search.db", options)));
  } catch (const std::exception& exception) {
    if (IsDamage()) return Damaged(path, exception.what());
    return Unavailable("Cannot open the database " + path + ": " + exception.what() + ".");
  }
}

Store::Store(int64_t lease_owner, std::unique_ptr<Impl> impl)
    : lease_owner_(lease_owner), impl_(std::move(impl)) {}
Store::~Store() = default;

void Store::Submit(std::unique_ptr<WriteJob> job, JobSize size) {
  if (Trial* const trial = Trial::Current()) {
    auto tried = trial->TakeUp(job);
    if (!tried)
      return job->Complete(Unprocessable("This takes several steps and cannot be tried."));
    job = std::move(tried);
  }
  impl_->writer->Submit(std::move(job), size);
}
bool Store::OnWriterThread() const {
  return impl_->writer->OnThread();
}
void Store::Watch(CommitWatchers watchers) {
  impl_->writer->Watch(std::move(watchers));
}
Result<void> Store::DeleteDeadSegments() {
  const std::lock_guard lock(impl_->files);
  if (impl_->has_snapshot) return {};
  RemoveSnapshotOf(impl_->path);
  const Result<std::vector<int64_t>> dead =
      Write([](Transaction& tx) { return MessageStore(tx).ListDeadSegments(); });
  if (!dead) return dead.error();
  try {
    for (const int64_t segment : *dead) DeleteSegment(impl_->segments_directory, segment);
    return {};
  } catch (...) {
    return CurrentFailure();
  }
}
Result<bool> Store::OverwriteContents(const std::vector<SegmentPlace>& places) {
  const std::lock_guard lock(impl_->files);
  if (impl_->has_snapshot) return false;
  try {
    for (const SegmentPlace& place : places) OverwriteSegment(impl_->segments_directory, place);
    return true;
  } catch (...) {
    return CurrentFailure();
  }
}

void Store::RebuildSearchIndex() {
  impl_->indexer->Rebuild();
}

Result<bool> Store::CutLog() {
  try {
    // The writer waits for as long as readers are waited for.
    Connection connection(impl_->path, false);
    Execute(connection, "PRAGMA busy_timeout = 50");
    Query query(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    query.Step();
    return query.Value<int>() == 0;
  } catch (...) {
    return CurrentFailure();
  }
}

Result<void> Store::IsReady() {
  if (Result<void> room = CheckRoom(impl_->path); !room) return room;
  if (Result<void> readable = Read([](Connection&) {}); !readable) return readable;
  if (!impl_->writer->failing()) return {};
  return Write([](Transaction& tx) { Execute(tx, "PRAGMA user_version = 0"); });  // as it is
}

Result<std::shared_ptr<const Snapshot>> Store::TakeSnapshot(std::stop_token stop) {
  if (stop.stop_requested()) return ShuttingDown();
  {
    const std::lock_guard lock(impl_->files);
    if (impl_->has_snapshot.exchange(true)) {
      return Conflict("Another backup is being made.");
    }
  }
  try {
    return std::make_shared<const Snapshot>(impl_->path, stop,
                                            [impl = impl_.get()] { impl->has_snapshot = false; });
  } catch (...) {
    if (stop.stop_requested()) return ShuttingDown();
    return CurrentFailure();
  }
}

Store::Stats Store::GetStats() const {
  return impl_->writer->GetStats();
}

Result<void> Store::RunRead(const std::function<Result<void>(Connection&)>& job) {
  return impl_->readers->Run(job);
}

Result<void> Store::RunLongRead(int64_t user_id,
                                const std::function<Result<void>(Connection&)>& job) {
  if (!impl_->long_read_turns.Begin(user_id)) {
    return Error{ErrorKind::kRateLimited,
                 "Other searches, statistics or exports of yours are still running; try again "
                 "when they have ended.",
                 {}};
  }
  Result<void> outcome = impl_->long_readers->Run(job);
  impl_->long_read_turns.End(user_id);
  return outcome;
}

}  // namespace egd::store
