// Inside the store room: prepared statements on loan, by which all of its sources speak to the
// database. The seam to the engine: what is below it is in driver.h. Everything here throws on
// failure what failure.h understands.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct Statement;  // the driver's

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
  enum class Bytes { kReferredTo, kCopied };

  template <std::integral T>
  void BindNext(T value) {
    BindInteger(static_cast<int64_t>(value));
  }
  void BindNext(const std::string& text) { BindText(text, Bytes::kReferredTo); }
  void BindNext(std::string&& text) { BindText(text, Bytes::kCopied); }
  void BindNext(std::string_view text) { BindText(text, Bytes::kCopied); }
  void BindNext(AsBlob blob);
  void BindNext(const Uuid& id);
  void BindNext(const std::optional<std::string>& text);
  void BindNext(const std::vector<std::string>& lines);

  template <std::integral T>
  void ReadNext(T& value) {
    value = static_cast<T>(NextInteger());
  }
  void ReadNext(std::string& value) { value = NextBytes(); }
  void ReadNext(std::string_view& value) { value = NextBytes(); }
  void ReadNext(Uuid& value);
  void ReadNext(std::optional<std::string>& value);
  void ReadNext(std::vector<std::string>& lines);

  void BindInteger(int64_t value);
  void BindText(std::string_view text, Bytes bytes);
  int64_t NextInteger();
  std::string_view NextBytes();
  void Check(int code) const;

  Statement& statement_;
  int bound_ = 0;
  int read_ = 0;
};

void Execute(Connection& connection,
             const std::string& sql);  // one or several statements, uncached
bool InTransaction(Connection& connection);
int64_t OneInteger(Connection& connection, std::string_view sql);  // 0 for no row, and for NULL

}  // namespace egd::store
