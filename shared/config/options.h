// The options of egd.toml, one row each. From these rows come loading, checks, the environment's
// names,
// --print-config, the sample file and the man page. Immutable: thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/config/config.h"

namespace egd::config {

// Where an option lands. The type of the place is the type of the option.
template <typename T>
using Place = T& (*)(Config&);
using Field =
    std::variant<Place<std::string>, Place<std::vector<std::string>>, Place<int>, Place<int64_t>,
                 Place<bool>, Place<std::chrono::seconds>, Place<std::vector<std::chrono::seconds>>,
                 Place<log::Level>, Place<log::Format>, Place<std::vector<DnsRecordTemplate>>,
                 Place<std::vector<DestinationRule>>>;

// What is wrong with a text, as the end of a sentence: "is not ip:port". Nothing: it is fine.
using Check = std::optional<std::string> (*)(std::string_view);

enum class Reload { kOnSighup, kNeedsRestart };

// Which values are allowed.
struct Rule {
  int64_t minimum = INT64_MIN;  // of integers and, in seconds, durations
  int64_t maximum = INT64_MAX;
  std::vector<std::string_view> choices = {};  // of strings; empty: any
  Check check = nullptr;                       // of strings and each entry of a list of strings
};

struct Option {
  std::string_view key;  // "http.listen"; the part before the dot is the section
  Field field;
  Reload reload;
  Rule rule;
  std::string_view help;

  std::string_view Section() const;     // "http"; empty for a key of the top level
  std::string_view Name() const;        // "listen"
  std::string EnvironmentName() const;  // "EGD_HTTP_LISTEN"
  std::string_view TypeName() const;    // "a list of strings"
};

// In the order of the sample file: the top level first, then section by section.
const std::vector<Option>& Options();
const Option* FindOption(std::string_view key);
std::vector<std::string> OptionKeys();

// The option's value in `config` as TOML text: `["127.0.0.1:8025"]`.
std::string ValueText(const Option& option, const Config& config);

// Options on which the two differ and that only a restart applies: what a reload has to leave
// alone.
std::vector<std::string> ChangedWithoutReload(const Config& running, const Config& loaded);

}  // namespace egd::config
