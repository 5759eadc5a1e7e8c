// Inside the store room: prepared statements on loan, and the few words of SQLite that the other
// sources need. Everything here throws SQLite::Exception on failure.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "daemon/store/connection.h"
#include "daemon/store/rollup_batch.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct Prepared {
  SQLite::Statement statement;
  bool lent = false;
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct Connection::Impl {
  Impl(const std::string& path, int flags) : database(path, flags) {}

  SQLite::Database database;
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared;  // by their SQL
  std::vector<UncountedEvent> uncounted;   // of the open transaction
  std::vector<int64_t> webhook_endpoints;  // that have new jobs in the open transaction
};

// Marks bytes for a BLOB column: Bind(AsBlob{digest}). Refers to them.
struct AsBlob {
  const std::string& bytes;
};

// One statement of the connection's cache, from construction to destruction; prepared the first
// time. The same SQL can be on loan once only. Lvalues given to Bind are referred to, not copied,
// and must live as long as the Query.
class Query {
 public:
  Query(Connection& connection, std::string_view sql);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  // In the order of the statement's parameters, also over several calls.
  template <typename... Values>
  Query& Bind(Values&&... values) {
    (BindNext(std::forward<Values>(values)), ...);
    return *this;
  }
  bool Step();    // true: there is a row
  int64_t Run();  // a statement without rows; returns how many rows it changed

  // The row's columns into `fields`, in order, also over several calls.
  template <typename... Fields>
  void Read(Fields&... fields) {
    (ReadNext(fields), ...);
  }
  template <typename T>
  T Value() {
    T value{};
    ReadNext(value);
    return value;
  }

 private:
  template <std::integral T>
  void BindNext(T value) {
    statement_.bind(++bound_, static_cast<int64_t>(value));
  }
  void BindNext(const std::string& text) { statement_.bindNoCopy(++bound_, text); }
  void BindNext(std::string&& text) { statement_.bind(++bound_, text); }
  void BindNext(std::string_view text) { statement_.bind(++bound_, std::string(text)); }
  void BindNext(AsBlob blob);
  void BindNext(const Uuid& id);
  void BindNext(const std::optional<std::string>& text);
  void BindNext(const std::vector<std::string>& lines);

  template <std::integral T>
  void ReadNext(T& value) {
    value = static_cast<T>(statement_.getColumn(read_++).getInt64());
  }
  void ReadNext(std::string& value) { value = statement_.getColumn(read_++).getString(); }
  void ReadNext(Uuid& value);
  void ReadNext(std::optional<std::string>& value);
  void ReadNext(std::vector<std::string>& lines);

  Prepared& prepared_;
  SQLite::Statement& statement_;
  int bound_ = 0;
  int read_ = 0;
};

void Execute(Connection& connection,
             const std::string& sql);  // one or several statements, uncached
bool InTransaction(Connection& connection);
int64_t LastInsertId(Connection& connection);

}  // namespace egd::store
