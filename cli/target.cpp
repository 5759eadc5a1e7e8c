#include "cli/target.h"

#include <optional>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;

// What was probably meant; empty when nothing suggests itself.
std::string Suggestion(std::string_view url) {
  if (url.starts_with('/')) return "unix:" + std::string(url);
  if (url.empty() || HasControl(url) || url.find("://") != url.npos) return {};
  if (url.starts_with("unix:") || url.find_first_of("@ ?#") != url.npos) return {};
  const bool has_port = url.rfind(':') != url.npos && url.back() != ':';
  return (has_port ? "http://" : "https://") + std::string(url);
}

Error BadUrl(std::string_view url) {
  std::string meant = Suggestion(url);
  if (!meant.empty() && !ParseEndpoint(meant)) meant.clear();
  return InvalidArgument(Printable(url) +
                         " is not a URL like http://host:port, https://host or unix:/path" +
                         (meant.empty() ? "" : "; did you mean " + Printable(meant) + "?"));
}

// The key in what a file or variable holds: editors add a byte-order mark, and people the quotes
// that a shell would have taken off. No key has either.
std::string KeyIn(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  text = Trim(text);
  for (const char quote : {'"', '\''}) {
    if (text.size() > 1 && text.front() == quote && text.back() == quote) {
      text = Trim(text.substr(1, text.size() - 2));
    }
  }
  return std::string(text);
}

// "host", "host:port" or "[::1]:port" into `endpoint`.
bool ReadAuthority(std::string_view authority, Endpoint& endpoint) {
  const size_t colon = authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  if (colon != authority.npos) {
    const auto port = ParseInteger(authority.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return false;
    endpoint.port = int(*port);
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[')) {
    if (!authority.ends_with(']')) return false;
    authority = authority.substr(1, authority.size() - 2);
  }
  endpoint.host = authority;
  return !authority.empty() && authority.find_first_of("@ /?#") == authority.npos;
}

Result<Endpoint> ParseHttp(std::string_view url, Endpoint::Kind kind, size_t scheme_length) {
  const std::string_view rest = url.substr(scheme_length);
  const size_t slash = std::min(rest.find('/'), rest.size());
  Endpoint endpoint{.kind = kind,
                    .port = kind == Endpoint::Kind::kHttps ? kHttpsPort : kHttpPort,
                    .prefix = std::string(rest.substr(slash)),
                    .url = std::string(url)};
  while (endpoint.prefix.ends_with('/')) endpoint.prefix.pop_back();
  if (rest.substr(0, slash).find('@') != rest.npos) {
    return InvalidArgument("a URL must not hold a user name or password; use --api-key-file");
  }
  if (!ReadAuthority(rest.substr(0, slash), endpoint)) return BadUrl(url);
  if (endpoint.prefix.find_first_of("?# ") != rest.npos) return BadUrl(url);
  return endpoint;
}

std::string Variable(const config::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

Result<config::Profile> ChosenProfile(const Words& words, const config::Profiles& profiles) {
  const std::string name = ProfileName(words);
  const auto found = profiles.find(name);
  if (found != profiles.end()) return found->second;
  if (!words.Has("--profile")) return config::Profile();
  std::vector<std::string> names;
  for (const auto& [known, profile] : profiles) names.push_back(known);
  const auto nearest = Nearest(name, names);
  return InvalidArgument("there is no profile " + Printable(name) +
                         (nearest ? "; did you mean " + *nearest + "?" : ""));
}

std::string UrlOf(const Words& words, const config::Environment& environment,
                  const config::Profile& profile) {
  if (const auto url = words.One("--url")) return *url;
  if (const std::string url = Variable(environment, "EGCTL_URL"); !url.empty()) return url;
  return profile.url.empty() ? std::string(kDefaultUrl) : profile.url;
}

}  // namespace

bool NeedsProfile(const Words& words, const config::Environment& environment) {
  const bool has_url = words.Has("--url") || !Variable(environment, "EGCTL_URL").empty();
  const bool has_key =
      words.Has("--api-key-file") || !Variable(environment, "EGCTL_API_KEY").empty();
  return words.Has("--profile") || !has_url || !has_key;
}

std::string ProfileName(const Words& words) {
  return words.One("--profile").value_or(std::string(config::kDefaultProfile));
}

Result<Endpoint> ParseEndpoint(std::string_view url) {
  if (HasControl(url)) return BadUrl(url);
  const std::string lower = Lower(url.substr(0, 8));
  if (lower == "https://") return ParseHttp(url, Endpoint::Kind::kHttps, 8);
  if (lower.starts_with("http://")) return ParseHttp(url, Endpoint::Kind::kHttp, 7);
  if (!lower.starts_with("unix:")) return BadUrl(url);
  std::string_view path = url.substr(5);
  while (path.starts_with("//")) path.remove_prefix(1);
  if (!path.starts_with('/') || path.size() < 2) return BadUrl(url);
  return Endpoint{
      .kind = Endpoint::Kind::kUnix, .host = std::string(path), .url = "unix:" + std::string(path)};
}

Result<Target> ResolveTarget(const Words& words, const config::Environment& environment,
                             const config::Profiles& profiles, Input& input) {
  const auto profile = ChosenProfile(words, profiles);
  if (!profile) return profile.error();
  const auto endpoint = ParseEndpoint(UrlOf(words, environment, *profile));
  if (!endpoint) return endpoint.error();
  Target target{.endpoint = *endpoint};
  if (const auto path = words.One("--api-key-file")) {
    const auto key = input.Read(*path);
    if (!key) return key.error();
    if (key->starts_with("\xff\xfe") || key->starts_with("\xfe\xff")) {
      return InvalidArgument(*path + " is in UTF-16; save it as UTF-8");
    }
    target.api_key = KeyIn(*key);
    if (target.api_key.empty()) return InvalidArgument(*path + " holds no key");
  } else if (const std::string key = Variable(environment, "EGCTL_API_KEY"); !key.empty()) {
    target.api_key = KeyIn(key);
  } else if (UrlOf({}, {}, *profile) == endpoint->url) {
    target.api_key = profile->api_key;
    target.session_id = profile->session_id;
  }
  if (!HasControl(target.api_key + target.session_id)) return target;
  return InvalidArgument("the key must be one line without control characters");
}

}  // namespace egd::cli
