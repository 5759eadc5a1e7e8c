#include "shared/config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>

#include <unistd.h>

#include "shared/base/strings.h"
#include "shared/config/checks.h"
#include "shared/config/read_value.h"

namespace egd::config {
namespace {

constexpr int64_t kLeastMemoryBytes = 128 * 1024 * 1024;  // the program alone takes some 83 MiB

// Where something was said. The environment comes after every line of the file.
struct Origin {
  uint32_t line = 0, column = 0;
  std::string name;
  bool operator<(const Origin& other) const {
    return std::tie(line, column) < std::tie(other.line, other.column);
  }
};

Origin Environmental(std::string name) {
  return {UINT32_MAX, 0, std::move(name)};
}

class Loader {
 public:
  explicit Loader(std::string name) : name_(std::move(name)) {}

  void ReadFile(const toml::table& root) {
    for (const auto& [key, node] : root) {
      if (const Option* option = FindOption(key.str())) {
        Set(*option, node, Where(node));
      } else if (IsSection(key.str())) {
        ReadSection(key, node);
      } else {
        Complain(Where(key), "unknown " + Kind(node) + " " + Quoted(key.str()) +
                                 DidYouMean(key.str(), TopLevelNames()));
      }
    }
  }

  void ReadEnvironment(const Environment& environment) {
    std::vector<std::string> names;
    for (const Option& option : Options()) {
      names.push_back(option.EnvironmentName());
      const auto found = environment.find(names.back());
      if (found == environment.end()) continue;
      Set(option, *NodeFromText(option, found->second), Environmental(names.back()));
    }
    for (const auto& [name, value] : environment) WarnOfMisspelling(name, names);
  }

  void CheckTogether() {
    const Config& c = loaded_.config;
    Both("http.tls_certificate", c.http.tls_certificate, "http.tls_key", c.http.tls_key);
    Both("tracking.tls_certificate", c.tracking.tls_certificate, "tracking.tls_key",
         c.tracking.tls_key);
    Both("smtp.tls_certificate", c.smtp.tls_certificate, "smtp.tls_key", c.smtp.tls_key);
    if (c.delivery.route == "smarthost" && c.delivery.smarthost.empty()) {
      Complain(WhereSet("delivery.route"), "delivery.route smarthost needs delivery.smarthost");
    }
    if (c.limits.memory_bytes > 0 && c.limits.memory_bytes < kLeastMemoryBytes) {
      Complain(WhereSet("limits.memory_bytes"),
               "limits.memory_bytes must be 0 or at least " + std::to_string(kLeastMemoryBytes));
    }
    Both("delivery.smarthost_user", c.delivery.smarthost_user, "delivery.smarthost_password_file",
         c.delivery.smarthost_password_file);
  }

  void FillDefaults() {
    auto& gateway = loaded_.config.gateway;
    if (gateway.hostname.empty()) gateway.hostname = MachineName();
    for (auto* host : {&gateway.mfrom_host, &gateway.tracking_host, &gateway.spf_host,
                       &loaded_.config.smtp.advertised_host}) {
      if (host->empty()) *host = gateway.hostname;
    }
  }

  void Complain(const Origin& where, const std::string& text) {
    mistakes_.emplace(where, where.name + ": " + text);
  }
  template <typename Source>  // a node, a key or a parse error
  Origin Where(const Source& source) const {
    const auto at = source.source().begin;
    return {at.line, at.column,
            name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column)};
  }
  Loaded Take() {
    for (auto& [where, text] : mistakes_) loaded_.problems.push_back(text);
    return std::move(loaded_);
  }

 private:
  void ReadSection(const toml::key& section, const toml::node& node) {
    const auto* table = node.as_table();
    if (!table) {
      return Complain(Where(node), Quoted(section.str()) + " is a section: write [" +
                                       std::string(section.str()) + "]");
    }
    for (const auto& [key, value] : *table) {
      const std::string full = std::string(section.str()) + "." + std::string(key.str());
      if (const Option* option = FindOption(full)) {
        Set(*option, value, Where(value));
      } else if (FindOption(key.str())) {
        Complain(Where(key), Quoted(key.str()) + " belongs above the first [section], not in [" +
                                 std::string(section.str()) + "]");
      } else {
        Complain(Where(key), "unknown option " + Quoted(full) + DidYouMean(full, OptionKeys()));
      }
    }
  }

  void Set(const Option& option, const toml::node& node, const Origin& where) {
    where_set_[option.key] = where;
    const Problem problem = ReadValue(node, option, loaded_.config);
    if (problem) Complain(where, std::string(option.key) + " " + *problem);
  }

  void Both(std::string_view a, const std::string& a_value, std::string_view b,
            const std::string& b_value) {
    if (a_value.empty() == b_value.empty()) return;
    if (a_value.empty()) std::swap(a, b);
    Complain(WhereSet(a), std::string(a) + " needs " + std::string(b) + " too");
  }

  void WarnOfMisspelling(const std::string& name, const std::vector<std::string>& names) {
    if (name.rfind("EGD_", 0) != 0 || std::find(names.begin(), names.end(), name) != names.end()) {
      return;
    }
    if (const auto near = Nearest(name, names)) {
      loaded_.warnings.push_back(Printable(name) + " is not an option; did you mean " + *near +
                                 "?");
    }
  }

  Origin WhereSet(std::string_view key) const {
    const auto found = where_set_.find(key);
    return found == where_set_.end() ? Origin{0, 0, name_} : found->second;
  }

  static std::string Kind(const toml::node& node) { return node.is_table() ? "section" : "option"; }
  static bool IsSection(std::string_view name) {
    const auto& all = Options();
    return std::any_of(all.begin(), all.end(), [&](const Option& option) {
      return !name.empty() && option.Section() == name;
    });
  }
  static std::vector<std::string> TopLevelNames() {
    std::vector<std::string> names;
    for (const Option& option : Options()) {
      names.emplace_back(option.Section().empty() ? option.Name() : option.Section());
    }
    return names;
  }
  static std::string MachineName() {
    char name[256] = {};
    if (gethostname(name, sizeof name - 1) != 0 || CheckHostName(name) || !*name)
      return "localhost";
    return Lower(name);
  }

  std::string name_;
  Loaded loaded_;
  std::multimap<Origin, std::string> mistakes_;  // in the order of the file
  std::map<std::string_view, Origin> where_set_;
};

}  // namespace

Loaded LoadText(const std::string& text, const std::string& name, const Environment& environment) {
  Loader loader(name);
  try {
    loader.ReadFile(toml::parse(text));
  } catch (const toml::parse_error& error) {
    loader.Complain(loader.Where(error), std::string(error.description()));
    return loader.Take();
  }
  loader.ReadEnvironment(environment);
  loader.CheckTogether();
  loader.FillDefaults();
  return loader.Take();
}

Loaded Load(const std::string& path, const Environment& environment) {
  if (path.empty()) return LoadText("", "configuration", environment);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || !text) {
    const std::string reason = errno ? std::strerror(errno) : "it is not a readable file";
    return {{}, {"cannot read " + path + ": " + reason}, {}};
  }
  return LoadText(text.str(), path, environment);
}

Environment ProcessEnvironment() {
  Environment environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace egd::config
