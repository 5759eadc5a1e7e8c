#include "daemon/store/query.h"

#include <stdexcept>

#include "daemon/store/driver.h"
#include "shared/base/strings.h"

namespace egd::store {
namespace {

Statement& Borrow(Connection::Impl& connection, std::string_view sql) {
  auto found = connection.prepared.find(sql);
  if (found == connection.prepared.end()) {
    sqlite3_stmt* handle = nullptr;
    sqlite3* const database = connection.database.getHandle();
    const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    Statement statement;
    statement.handle.reset(handle);
    if (code != SQLITE_OK) throw SQLite::Exception(database, code);
    found = connection.prepared.emplace(std::string(sql), std::move(statement)).first;
  }
  if (found->second.lent) throw std::logic_error("statement already in use: " + std::string(sql));
  found->second.lent = true;
  return found->second;
}

sqlite3_stmt* Handle(const Statement& statement) {
  return statement.handle.get();
}

}  // namespace

Query::Query(Connection& connection, std::string_view sql)
    : statement_(Borrow(connection.impl(), sql)) {}

Query::~Query() {
  sqlite3_reset(Handle(statement_));           // its code is that of the last step, already thrown
  sqlite3_clear_bindings(Handle(statement_));  // they refer to the caller's values
  statement_.lent = false;
}

bool Query::Step() {
  read_ = 0;
  const int code = sqlite3_step(Handle(statement_));
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw SQLite::Exception(sqlite3_db_handle(Handle(statement_)), code);
  return false;
}

int64_t Query::Run() {
  if (Step())
    throw std::logic_error("rows nobody reads: " + std::string(sqlite3_sql(Handle(statement_))));
  return sqlite3_changes64(sqlite3_db_handle(Handle(statement_)));
}

int64_t Query::Returned() {
  return Step() ? Value<int64_t>() : 0;
}

void Query::Check(int code) const {
  if (code != SQLITE_OK) throw SQLite::Exception(sqlite3_db_handle(Handle(statement_)), code);
}

void Query::BindInteger(int64_t value) {
  Check(sqlite3_bind_int64(Handle(statement_), ++bound_, value));
}

// An empty view without an address would be bound as NULL.
void Query::BindText(std::string_view text, Bytes bytes) {
  const auto whose = bytes == Bytes::kCopied ? SQLITE_TRANSIENT : SQLITE_STATIC;
  Check(sqlite3_bind_text64(Handle(statement_), ++bound_, text.data() ? text.data() : "",
                            text.size(), whose, SQLITE_UTF8));
}

void Query::BindNext(AsBlob blob) {
  Check(sqlite3_bind_blob64(Handle(statement_), ++bound_, blob.bytes.data(), blob.bytes.size(),
                            SQLITE_STATIC));
}

void Query::BindNext(const Uuid& id) {
  Check(sqlite3_bind_blob64(Handle(statement_), ++bound_, id.bytes.data(), id.bytes.size(),
                            SQLITE_TRANSIENT));
}

void Query::BindNext(const std::optional<std::string>& text) {
  if (text) {
    BindNext(*text);
  } else {
    Check(sqlite3_bind_null(Handle(statement_), ++bound_));
  }
}

void Query::BindNext(const std::vector<std::string>& lines) {
  BindNext(Join(lines, "\n"));
}

int64_t Query::NextInteger() {
  return sqlite3_column_int64(Handle(statement_), read_++);
}

std::string_view Query::NextBytes() {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(Handle(statement_), read_));
  const int size = sqlite3_column_bytes(Handle(statement_), read_++);
  return {bytes ? bytes : "", static_cast<size_t>(size)};
}

void Query::ReadNext(Uuid& value) {
  value = Uuid::FromBytes(NextBytes()).value();
}

void Query::ReadNext(std::optional<std::string>& value) {
  if (sqlite3_column_type(Handle(statement_), read_) == SQLITE_NULL) {
    ++read_;
    value.reset();
  } else {
    value = std::string(NextBytes());
  }
}

void Query::ReadNext(std::vector<std::string>& lines) {
  const std::string text = Value<std::string>();
  lines.clear();
  if (text.empty()) return;
  for (const std::string_view line : Split(text, '\n')) lines.emplace_back(line);
}

void Execute(Connection& connection, const std::string& sql) {
  connection.impl().database.exec(sql);
}

bool InTransaction(Connection& connection) {
  return sqlite3_get_autocommit(connection.impl().database.getHandle()) == 0;
}

int64_t OneInteger(Connection& connection, std::string_view sql) {
  Query query(connection, sql);
  return query.Step() ? query.Value<int64_t>() : 0;
}

}  // namespace egd::store
