// The checked, typed arguments of one call: raw JSON in, values of the declared types out. Pure,
// thread-safe.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/base/clock.h"
#include "shared/catalogue/command.h"

namespace egd::catalogue {

// One refused parameter, or one documented failure of a Command.
struct Problem {
  int code = kCodeInternal;
  ErrorKind kind = ErrorKind::kInternal;
  std::string text;  // a sentence that names the parameter
};

// A getter is asked for a parameter that the Command declares, by the name and of the type it
// declares; anything else is a bug in the handler and throws std::logic_error.
class Arguments {
 public:
  // None are given. Refers to `command`, which must outlive it.
  explicit Arguments(const Command& command);
  Arguments(Arguments&&) noexcept;
  Arguments& operator=(Arguments&&) noexcept;
  ~Arguments();

  // Has: given and not null (and not empty, unless empty_is_value), or defaulted. Any type.
  bool Has(std::string_view name) const;
  std::string String(std::string_view name) const;  // kString, kText, kSecret; "" when absent
  int64_t Integer(std::string_view name) const;     // kInteger, kTimestamp; 0 when absent
  bool Boolean(std::string_view name) const;        // kBoolean, kFlag; false when absent
  std::optional<std::string> OptionalString(std::string_view name) const;
  std::optional<int64_t> OptionalInteger(std::string_view name) const;
  std::optional<bool> OptionalBoolean(std::string_view name) const;
  std::optional<UnixMillis> OptionalDay(std::string_view name) const;  // kDay; its first instant
  std::vector<std::string> Strings(std::string_view name) const;       // kStringList
  // As String, but moved out, for what is large: afterwards it is absent.
  std::string Take(std::string_view name);
  const nlohmann::ordered_json& Json(std::string_view name) const;  // any type; null when absent

 private:
  friend struct Parsed ReadArguments(const Command&, nlohmann::ordered_json);
  const nlohmann::ordered_json& Value(std::string_view name,
                                      std::initializer_list<ParamType> types) const;

  const Command* command_;
  std::unique_ptr<nlohmann::ordered_json> values_;  // object keyed by declared names
};

// What could be read, and every problem found, ascending by code.
struct Parsed {
  Arguments arguments;
  std::vector<Problem> problems;
};
Parsed ReadArguments(const Command& command, nlohmann::ordered_json raw);

// Checks `raw` (a JSON object; keys in any case, unknown keys ignored) against the declaration. On
// failure returns every problem found, ascending by code. Structured values may arrive as JSON
// text. Texts are moved, not copied.
std::variant<Arguments, std::vector<Problem>> ParseArguments(const Command& command,
                                                             nlohmann::ordered_json raw);

}  // namespace egd::catalogue
