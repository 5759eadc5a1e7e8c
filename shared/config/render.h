// The configuration as text for people, all of it from the rows of options.h.
#pragma once

#include <string>

#include "shared/config/config.h"

namespace egd::config {

std::string RenderEffective(
    const Config& config);    // egd --print-config: TOML that loads to the same
std::string RenderSample();   // config/egd.toml: every option, its help, its default
std::string RenderManPage();  // man/egd.toml.5, mdoc(7)

}  // namespace egd::config
