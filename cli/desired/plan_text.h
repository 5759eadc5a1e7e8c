// A plan for people and for programs. Pure.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/desired/plan.h"

namespace egd::cli {

// A line for each thing (+ created, ~ changed, - deleted), its differences below it, and a summary.
std::string PlanText(const Plan& plan, bool color);
// "+ domain example.com": the first line of a change.
std::string Headline(const Change& change);
std::string Headline(const SuppressionChange& change);
// {"Changes": [{"Action", "Kind", "Name", "User", "Diff"}], "Unlisted", "Create", "Change",
// "Delete"}
nlohmann::ordered_json PlanJson(const Plan& plan);

}  // namespace egd::cli
