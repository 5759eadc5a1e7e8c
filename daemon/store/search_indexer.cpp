#include "daemon/store/search_indexer.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "daemon/store/query.h"
#include "daemon/store/text_search.h"
#include "shared/base/log.h"

namespace egd::store {

struct SearchIndexer::Work {
  SearchBatch batch;
  bool more = false;
  int64_t first_message = 0, last_message = 0, first_event = 0;  // of all there are
};

namespace {

// Large enough for FTS5 to write few segments, small enough to hold in memory: some 300 KB.
constexpr size_t kBatch = 2000;
// It looks that often for new events: those that come one by one are indexed together.
constexpr std::chrono::milliseconds kGather{200};
constexpr std::chrono::seconds kAfterFailure{5};
constexpr int kNiceness = 10;  // a tenth of the CPU while all of it is wanted

// The row's next `count` columns.
void ReadTexts(Query& query, int count, SearchRow& row) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    query.Read(text);
    if (!text.empty()) row.texts += Fold(text) + "\n";
  }
}

void ReadMessages(Connection& connection, SearchBatch& batch) {
  Query query(connection,
              "SELECT number, domain_id, id, from_header, to_header, subject, tags FROM messages "
              "WHERE number > ? ORDER BY number LIMIT ?");
  query.Bind(batch.mark.message, kBatch);
  while (query.Step()) {
    SearchRow& row = batch.messages.emplace_back();
    Uuid id;
    query.Read(row.number, row.domain_id, id);
    row.texts = id.ToString() + "\n";
    ReadTexts(query, 4, row);
  }
  if (!batch.messages.empty()) batch.mark.message = batch.messages.back().number;
}

// A recipient that the message names is found with the message. Returns how many events were read.
size_t ReadEvents(Connection& connection, SearchBatch& batch) {
  Query query(connection,
              "SELECT e.sequence, e.at, e.domain_id, "
              "iif(instr(m.to_header, e.recipient), '', e.recipient), e.smtp_response, e.mx_host, "
              "e.url FROM events e CROSS JOIN messages m ON m.number = e.message "
              "WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?");
  query.Bind(batch.mark.event, kBatch);
  size_t count = 0;
  while (query.Step()) {
    SearchRow row;
    query.Read(batch.mark.event, batch.mark.event_at, row.domain_id);
    row.number = batch.mark.event;
    ReadTexts(query, 4, row);
    if (!row.texts.empty()) batch.events.push_back(std::move(row));
    ++count;
  }
  return count;
}

}  // namespace

SearchIndexer::SearchIndexer(const std::string& path, const std::string& database_path)
    : index_(SearchIndex::Open(path)),
      reader_(std::make_unique<ReaderPool>(database_path, path, ReaderPool::Options())),
      ticker_("egd-index", [this] { return Tick(); }) {
  // Before anybody reads: it would be believed.
  if (!BelongsToThese()) index_->Clear();
  ticker_.Start();
}

SearchIndexer::~SearchIndexer() {
  Stop();
}

void SearchIndexer::Stop() {
  ticker_.Interrupt();
  ticker_.Join();
  reader_.reset();
}

void SearchIndexer::Rebuild() {
  constexpr std::chrono::seconds kPatience{10};  // its thread yields to all others
  std::unique_lock lock(mutex_);
  wants_rebuild_ = true;
  ticker_.Wake();
  emptied_.wait_for(lock, kPatience, [this] { return !wants_rebuild_; });
}

// A database that was restored from a backup, or another one, has not what was indexed last.
bool SearchIndexer::BelongsToThese() {
  const SearchMark& mark = index_->mark();
  if (mark.event == 0) return mark.message == 0;
  bool belongs = false;
  const Result<void> read = reader_->Run([&](Connection& connection) -> Result<void> {
    Query last(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'events'");
    belongs = last.Step() && last.Value<int64_t>() >= mark.event;
    Query event(connection, "SELECT at FROM events WHERE sequence = ?");
    if (event.Bind(mark.event).Step()) {  // otherwise purged since, with all before it
      belongs = belongs && event.Value<UnixMillis>() == mark.event_at;
    }
    return {};
  });
  return read && belongs;
}

std::chrono::milliseconds SearchIndexer::Tick() {
  if (!std::exchange(is_nice_, true)) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
  }
  try {
    ClearIfWanted();
    if (!has_new_.exchange(false)) return kGather;
    if (!IndexSome()) return kGather;
    has_new_ = true;
    return {};
  } catch (const std::exception& exception) {
    log::Error("search index: events not indexed", {{"what", exception.what()}});
    has_new_ = true;
    return kAfterFailure;
  }
}

void SearchIndexer::ClearIfWanted() {
  const std::lock_guard lock(mutex_);
  if (!wants_rebuild_) return;
  index_->Clear();
  wants_rebuild_ = false;
  has_new_ = true;
  emptied_.notify_all();
}

bool SearchIndexer::IndexSome() {
  const Result<Work> work = ReadWork();
  if (!work) {
    log::Warning("search index: events not read", {{"detail", work.error().detail}});
    return false;
  }
  // When all messages have been purged, their numbers are given again.
  if (work->last_message < index_->mark().message) {
    index_->Clear();
    return true;
  }
  const SearchMark& mark = work->batch.mark;
  if (mark.event != index_->mark().event || mark.message != index_->mark().message) {
    index_->Add(work->batch);
  }
  index_->DropBefore(SearchKind::kMessages, work->first_message);
  index_->DropBefore(SearchKind::kEvents, work->first_event);
  return work->more;
}

Result<SearchIndexer::Work> SearchIndexer::ReadWork() {
  Work work;
  const Result<void> read = reader_->Run([&](Connection& connection) -> Result<void> {
    work.batch.mark = index_->mark();
    ReadMessages(connection, work.batch);
    const size_t events = ReadEvents(connection, work.batch);
    work.more = work.batch.messages.size() == kBatch || events == kBatch;
    work.first_message = OneInteger(connection, "SELECT min(number) FROM messages");
    work.last_message = OneInteger(connection, "SELECT max(number) FROM messages");
    work.first_event = OneInteger(connection, "SELECT min(sequence) FROM events");
    return {};
  });
  if (!read) return read.error();
  return work;
}

}  // namespace egd::store
