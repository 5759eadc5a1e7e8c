// Whether a zone file has what a domain has to publish, judged as verifydomain judges what is
// published. Pure.
#pragma once

#include <vector>

#include "cli/checked_domain.h"
#include "cli/zone.h"
#include "cli/zone_file.h"

namespace egd::cli {

// A verdict for each of the zone's records, in their order: pass, or fail with why. What is behind
// names outside of the zone is not known, and taken to be well-formed.
std::vector<CheckedRecord> CheckZoneFile(const Zone& zone,
                                         const std::vector<ZoneFileRecord>& records);

}  // namespace egd::cli
