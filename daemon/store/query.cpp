#include "daemon/store/query.h"

#include <stdexcept>

#include "shared/base/strings.h"

namespace egd::store {
namespace {

Prepared& Borrow(Connection::Impl& connection, std::string_view sql) {
  auto found = connection.prepared.find(sql);
  if (found == connection.prepared.end()) {
    std::string text(sql);
    SQLite::Statement statement(connection.database, text);
    found = connection.prepared.emplace(std::move(text), Prepared{std::move(statement)}).first;
  }
  if (found->second.lent) throw std::logic_error("statement already in use: " + std::string(sql));
  found->second.lent = true;
  return found->second;
}

}  // namespace

Query::Query(Connection& connection, std::string_view sql)
    : prepared_(Borrow(connection.impl(), sql)), statement_(prepared_.statement) {}

Query::~Query() {
  statement_.tryReset();
  statement_.clearBindings();  // they refer to the caller's values
  prepared_.lent = false;
}

bool Query::Step() {
  read_ = 0;
  return statement_.executeStep();
}

int64_t Query::Run() {
  return statement_.exec();
}

void Query::BindNext(AsBlob blob) {
  statement_.bindNoCopy(++bound_, blob.bytes.data(), static_cast<int>(blob.bytes.size()));
}

void Query::BindNext(const Uuid& id) {
  statement_.bind(++bound_, id.bytes.data(), static_cast<int>(id.bytes.size()));
}

void Query::BindNext(const std::optional<std::string>& text) {
  if (text) {
    BindNext(*text);
  } else {
    statement_.bind(++bound_);
  }
}

void Query::BindNext(const std::vector<std::string>& lines) {
  BindNext(Join(lines, "\n"));
}

void Query::ReadNext(Uuid& value) {
  const SQLite::Column column = statement_.getColumn(read_++);
  const std::string_view bytes(static_cast<const char*>(column.getBlob()),
                               static_cast<size_t>(column.getBytes()));
  value = Uuid::FromBytes(bytes).value();
}

void Query::ReadNext(std::optional<std::string>& value) {
  const SQLite::Column column = statement_.getColumn(read_++);
  value = column.isNull() ? std::nullopt : std::optional(column.getString());
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

int64_t LastInsertId(Connection& connection) {
  return connection.impl().database.getLastInsertRowid();
}

}  // namespace egd::store
