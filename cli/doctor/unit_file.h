// systemd units as far as hardening goes (systemd.syntax(7), systemd.exec(5)). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace egd::cli {

std::string_view ShippedUnit();  // config/egd.service of this version

// What `installed` (the unit, then its drop-ins, one after another) lacks of the hardening in
// `shipped`: "NoNewPrivileges=yes". Empty: nothing. Stricter than shipped is fine only where the
// shipped unit says nothing.
std::vector<std::string> MissingHardening(std::string_view shipped, std::string_view installed);

}  // namespace egd::cli
