// Where the gateway is and with what key to ask (contract section 9).
#pragma once

#include <string>
#include <string_view>

#include "cli/input.h"
#include "cli/words.h"
#include "shared/base/result.h"
#include "shared/config/profile.h"

namespace egd::cli {

constexpr std::string_view kDefaultUrl = "unix:/run/egd/egd.sock";

struct Endpoint {
  enum class Kind { kHttp, kHttps, kUnix };
  Kind kind = Kind::kUnix;
  std::string host = {};  // or the path of the socket
  int port = 0;
  std::string prefix = {};  // of every path: "" or "/gateway"
  std::string url = {};     // canonical
};

// http://host[:port][/prefix], https://…, unix:/path. A name or password in it is refused: it would
// end up in logs.
Result<Endpoint> ParseEndpoint(std::string_view url);

struct Target {
  Endpoint endpoint;
  std::string api_key = {};     // secret; at most one of the two is set
  std::string session_id = {};  // secret
};

// The URL: --url, EGCTL_URL, the profile, the socket of this machine. The key: --api-key-file,
// EGCTL_API_KEY, the profile; a profile's key goes to that profile's URL only.
Result<Target> ResolveTarget(const Words& words, const config::Environment& environment,
                             const config::Profiles& profiles, Input& input);

// Whether the profiles have a say: then a file of them that cannot be read is an error.
bool NeedsProfile(const Words& words, const config::Environment& environment);

// --profile, else "default".
std::string ProfileName(const Words& words);

}  // namespace egd::cli
