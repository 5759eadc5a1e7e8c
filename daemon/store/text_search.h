// Inside the store room: the SQL function
//   egd_contains(needle, text, …)
// 1 when any text contains `needle`, else 0, without case by Unicode simple folding ("ÜBER" finds
// "über"); SQLite's own LIKE folds ASCII only. `needle` must have been folded with Fold. A 16-byte
// blob counts as the UUID it is.
#pragma once

#include <string>
#include <string_view>

#include "daemon/store/connection.h"

namespace egd::store {

std::string Fold(std::string_view text);  // invalid UTF-8: ASCII only
void AddTextSearch(Connection& connection);

}  // namespace egd::store
