// Joins the SPF record a domain has with what the gateway needs of it (RFC 7208): a domain must
// have one record, so a second beside it would break both. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.h"

namespace egd::cli {

// The existing record with the mechanisms of `needed` before its `all`, keeping all else;
// `needed` when there is none. `texts`: all TXT values of the name. kConflict when two of them are
// SPF records, or the one is malformed: receivers refuse it already, whatever is added.
Result<std::string> MergeSpf(const std::vector<std::string>& texts, const std::string& needed);

}  // namespace egd::cli
