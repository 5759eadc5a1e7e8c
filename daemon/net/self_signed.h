// A certificate of our own making, for a listener that was given none: it encrypts, and proves
// nothing. RSA-2048, which the oldest device knows; valid for ten years.
#pragma once

#include <string>

#include "shared/base/result.h"

namespace egd::net {

// Writes `certificate_file` and `key_file` (PEM; mode 0600), synced, unless both are there. True:
// it made them. Blocks on the disk.
Result<bool> MakeSelfSigned(const std::string& host_name, const std::string& certificate_file,
                            const std::string& key_file);

}  // namespace egd::net
