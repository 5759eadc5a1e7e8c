// The API's description for machines, rendered from the catalogue. Pure, thread-safe.
#pragma once

#include <string>

namespace egd::catalogue {

// OpenAPI 3.1 as JSON text. Each alias is a path of its own; the other Commands are bodies of POST
// /api.php, told apart by their Command member. Rendered again at each call (about a millisecond):
// keep it.
std::string OpenApi();

}  // namespace egd::catalogue
