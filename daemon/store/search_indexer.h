// The thread that keeps the search index (search_index.h) up with the events, `egd-index`.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/store/reader_pool.h"
#include "daemon/store/search_index.h"

namespace egd::store {

// Thread-safe, but for Stop. Owned by Store; starts with its construction. Yields to all other
// threads of the process. A failure is logged, and tried again later: until then events are found
// by reading them.
class SearchIndexer {
 public:
  // Makes the file, again when it belongs to other events. Throws SQLite::Exception when it cannot.
  SearchIndexer(const std::string& path, const std::string& database_path);
  ~SearchIndexer();

  void Wake();  // there are new events; never blocks for long
  void Stop();  // at the latest after a batch; the database is closed

 private:
  struct Work;

  void Loop();
  bool IndexSome();  // whether there may be more
  Result<Work> ReadWork();
  bool BelongsToThese();

  SearchIndex index_;
  std::unique_ptr<ReaderPool> reader_;  // its own one: those of requests need not wait for it
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true;  // with the others under mutex_; there may be something from before
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace egd::store
