// Joins the SPF record a domain has with what the gateway needs of it (RFC 7208): a domain must
// have one record, so a second beside it would break both. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::cli {

// "v=spf1", in any case, then a space or nothing (section 4.5).
bool IsSpf(std::string_view text);

// The existing record with the mechanisms of `needed` before its `all`, keeping all else;
// `needed` when there is none. `texts`: all TXT values of the name. kConflict when two of them are
// SPF records.
Result<std::string> MergeSpf(const std::vector<std::string>& texts, const std::string& needed);

// Terms for which receivers ask the DNS; over ten fail (section 4.6.4). Those behind an include are
// not counted.
int CountSpfLookups(std::string_view record);

}  // namespace egd::cli
