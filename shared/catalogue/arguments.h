// The checked, typed arguments of one call: raw JSON in, values of the declared types out. Pure,
// thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "shared/catalogue/command.h"

namespace egd::catalogue {

// One refused parameter, or one documented failure of a Command.
struct Problem {
  int code = kCodeInternal;
  ErrorKind kind = ErrorKind::kInternal;
  std::string text;  // a sentence that names the parameter
};

class Arguments {
 public:
  Arguments();
  Arguments(Arguments&&) noexcept;
  Arguments& operator=(Arguments&&) noexcept;
  ~Arguments();

  // `name` is spelled as declared. Has: given and not null (and not empty, unless empty_is_value),
  // or defaulted.
  bool Has(std::string_view name) const;
  std::string String(std::string_view name) const;  // "" when absent
  int64_t Integer(std::string_view name) const;     // 0 when absent; kDay: UnixMillis of its start
  bool Boolean(std::string_view name) const;        // false when absent
  std::optional<std::string> OptionalString(std::string_view name) const;
  std::optional<int64_t> OptionalInteger(std::string_view name) const;
  std::optional<bool> OptionalBoolean(std::string_view name) const;
  std::vector<std::string> Strings(std::string_view name) const;
  const nlohmann::ordered_json& Json(std::string_view name) const;  // any type; null when absent

 private:
  friend struct Parsed ReadArguments(const Command&, const nlohmann::ordered_json&);
  std::unique_ptr<nlohmann::ordered_json> values_;  // object keyed by declared names
};

// What could be read, and every problem found, ascending by code.
struct Parsed {
  Arguments arguments;
  std::vector<Problem> problems;
};
Parsed ReadArguments(const Command& command, const nlohmann::ordered_json& raw);

// Checks `raw` (a JSON object; keys in any case, unknown keys ignored) against the declaration. On
// failure returns every problem found, ascending by code. Structured values may arrive as JSON
// text.
std::variant<Arguments, std::vector<Problem>> ParseArguments(const Command& command,
                                                             const nlohmann::ordered_json& raw);

}  // namespace egd::catalogue
