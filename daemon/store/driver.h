// Inside the store room: what it needs of SQLite's own interface. The noun stores speak SQL through
// Query alone and know nothing of this; only connection.cpp (opening), query.cpp (statements),
// text_search.cpp (a function of SQL), reader_pool.cpp and snapshot.cpp (ending statements) and
// failure.cpp (codes) include it. Another engine would bring another one of these.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "daemon/store/connection.h"
#include "daemon/store/segments.h"
#include "daemon/store/text_hash.h"

namespace egd::store {

struct Statement {
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle;
  bool lent = false;
};

struct Connection::Impl {
  Impl(const std::string& path, int flags)
      : database(path, flags), segments_directory(SegmentsBeside(path)) {}

  SQLite::Database database;
  const std::string segments_directory;
  SegmentWriter segments{segments_directory};  // used by the writer's connection only
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> prepared;  // by their SQL
};

}  // namespace egd::store
