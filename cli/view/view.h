// A Command's answer drawn for a person: by the view that the catalogue declares for it, else by
// the names of its keys. What is empty is left out, and no line is wider than the page. Pure.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/view/page.h"
#include "shared/catalogue/view.h"

namespace egd::cli {

std::string DrawAnswer(const Page& page, const catalogue::Command& command,
                       const nlohmann::ordered_json& body);
std::string DrawView(const Page& page, const catalogue::View& view,
                     const nlohmann::ordered_json& body);

// One element of the list that `command.columns` describes, cells at fixed places, so that lines
// printed one by one align. Without an element: the heading.
std::string DrawLine(const Page& page, const catalogue::Command& command,
                     const nlohmann::ordered_json* element);

}  // namespace egd::cli
