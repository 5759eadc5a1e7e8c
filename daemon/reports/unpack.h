// What a report came in: gzip (RFC 1952), zip, or nothing around it. A report is foreign bytes:
//  - One layer is taken off, of a zip the first file, and only if it is stored or deflated.
//  - At most kMostUnpackedBytes come out, and at most kMostRatio times what went in.
// Pure, thread-safe. libarchive unpacks.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/result.h"

namespace egd::reports {

constexpr size_t kMostUnpackedBytes = 16 << 20;  // 40,000 records of an aggregate report
constexpr size_t kMostRatio = 200;               // like records shrink to a fiftieth

bool IsPacked(std::string_view file);
// kInvalidArgument: why not, as words that follow "the report ". A file that is not packed comes
// back as it is.
Result<std::string> Unpack(std::string_view file);

}  // namespace egd::reports
