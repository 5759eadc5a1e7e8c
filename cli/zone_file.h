// Zone files (RFC 1035 section 5), as name servers read them: $ORIGIN, $TTL, parentheses, comments,
// quoted and escaped strings, "@", relative names, owners left out. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::cli {

struct ZoneFileRecord {
  size_t line = 0;         // where it begins, from 1
  std::string owner = {};  // absolute, lower case, without the final dot
  std::string type = {};   // upper case
  // TXT: the strings joined. CNAME, NS: a name as `owner`; MX: "10 " and such a name. Others: as
  // written.
  std::string value = {};
};

// The file's records in its order. `origin`: what names are relative to until $ORIGIN says
// something else. kInvalidArgument for what no name server would load: the text begins with
// "line N". $INCLUDE is refused as well, and $GENERATE, which numbers hosts, is passed over.
Result<std::vector<ZoneFileRecord>> ParseZoneFile(std::string_view text, const std::string& origin);

}  // namespace egd::cli
