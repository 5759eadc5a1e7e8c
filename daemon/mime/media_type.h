// The media type that a file's name stands for, by the system's table (shared-mime-info).
#pragma once

#include <string>

namespace egd::mime {

// "application/pdf" of "report.PDF"; "application/octet-stream" for an ending that nobody knows, or
// none. Thread-safe.
std::string MediaTypeOf(const std::string& filename);

}  // namespace egd::mime
