// The thread that keeps the search index (search_index.h) up with the events, `egd-index`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/store/reader_pool.h"
#include "daemon/store/search_index.h"
#include "shared/base/ticker.h"

namespace egd::store {

// Thread-safe, but for Stop. Owned by Store; starts with its construction. Yields to all other
// threads of the process. A failure is logged, and tried again later: until then events are found
// by reading them.
class SearchIndexer {
 public:
  // Makes the file, again when it belongs to other events. Throws when it cannot.
  SearchIndexer(const std::string& path, const std::string& database_path);
  ~SearchIndexer();

  void Wake() { has_new_ = true; }  // there are new events
  // From nothing. Returns when it is empty, or the indexer stops or fails.
  void Rebuild();
  void Stop();  // at the latest after a batch; the database is closed

 private:
  struct Work;

  std::chrono::milliseconds Tick();
  void ClearIfWanted();
  bool IndexSome();  // whether there may be more
  Result<Work> ReadWork();
  bool BelongsToThese();

  const std::unique_ptr<SearchIndex> index_;
  std::unique_ptr<ReaderPool> reader_;  // its own one: those of requests need not wait for it
  std::atomic<bool> has_new_ = true;    // there may be something from before
  std::mutex mutex_;
  std::condition_variable emptied_;
  bool wants_rebuild_ = false;  // under mutex_
  bool is_nice_ = false;        // its thread is
  Ticker ticker_;
};

}  // namespace egd::store
