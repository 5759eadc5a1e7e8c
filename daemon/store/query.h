// Inside the store room: prepared statements on loan, and the few words of SQLite that the other
// sources need. Everything here throws SQLite::Exception on failure.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "daemon/store/connection.h"
#include "daemon/store/segments.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct Prepared {
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement;
  bool lent = false;
};

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct Connection::Impl {
  Impl(const std::string& path, int flags)
      : database(path, flags), segments_directory(SegmentsBeside(path)) {}

  SQLite::Database database;
  const std::string segments_directory;
  SegmentWriter segments{segments_directory};  // used by the writer's connection only
  std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> prepared;  // by their SQL
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
  bool Step();         // true: there is a row
  int64_t Run();       // a statement without rows; returns how many rows it changed
  int64_t Returned();  // an INSERT that RETURNs a number; 0: it inserted nothing

  // The row's columns into `fields`, in order, also over several calls. A string_view is good until
  // the next Step.
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
    Check(sqlite3_bind_int64(statement_, ++bound_, static_cast<int64_t>(value)));
  }
  void BindNext(const std::string& text) { BindText(text, SQLITE_STATIC); }
  void BindNext(std::string&& text) { BindText(text, SQLITE_TRANSIENT); }
  void BindNext(std::string_view text) { BindText(text, SQLITE_TRANSIENT); }
  void BindNext(AsBlob blob);
  void BindNext(const Uuid& id);
  void BindNext(const std::optional<std::string>& text);
  void BindNext(const std::vector<std::string>& lines);

  template <std::integral T>
  void ReadNext(T& value) {
    value = static_cast<T>(sqlite3_column_int64(statement_, read_++));
  }
  void ReadNext(std::string& value) { value = NextBytes(); }
  void ReadNext(std::string_view& value) { value = NextBytes(); }
  void ReadNext(Uuid& value);
  void ReadNext(std::optional<std::string>& value);
  void ReadNext(std::vector<std::string>& lines);

  void BindText(std::string_view text, sqlite3_destructor_type whose);
  std::string_view NextBytes();
  void Check(int code) const;

  Prepared& prepared_;
  sqlite3_stmt* const statement_;
  int bound_ = 0;
  int read_ = 0;
};

void Execute(Connection& connection,
             const std::string& sql);  // one or several statements, uncached
bool InTransaction(Connection& connection);
int64_t OneInteger(Connection& connection, std::string_view sql);  // 0 for no row, and for NULL

}  // namespace egd::store
