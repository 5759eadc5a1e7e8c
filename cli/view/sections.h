// What view.cpp puts together. Private to this directory. Everything ends with a line feed, or is
// empty.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/view/grid.h"
#include "cli/view/page.h"
#include "shared/catalogue/view.h"

namespace egd::cli {

using catalogue::ViewField;
using catalogue::ViewSection;

std::string TitleOf(const ViewField& field);
// The value of the field below `parent`.
Cell FieldCell(const Page& page, const nlohmann::ordered_json& parent, const ViewField& field,
               bool compact = false);
// For DrawPairs: lists and texts of several lines keep their lines. `look`: never kByName.
Pair ValuePair(const Page& page, std::string title, catalogue::Look look, std::string_view key,
               const nlohmann::ordered_json& value);
std::vector<Pair> FieldPairs(const Page& page, const nlohmann::ordered_json& parent,
                             const std::vector<ViewField>& fields);

// The answer by the names of its keys.
std::string DrawByNames(const Page& page, const catalogue::Command& command,
                        const nlohmann::ordered_json& body);
// kTable of a list, or of an object of objects.
std::string DrawTable(const Page& page, const ViewSection& section,
                      const nlohmann::ordered_json& list);
// kRecords: `records` as Domain.VerificationMeta.DNSRecords.
std::string DrawRecords(const Page& page, const nlohmann::ordered_json& records);
// kTimeline: events, oldest first.
std::string DrawTimeline(const Page& page, const ViewSection& section,
                         const nlohmann::ordered_json& events);
// kComparison: `now` beside `before`.
std::string DrawComparison(const Page& page, const ViewSection& section,
                           const nlohmann::ordered_json& now, const nlohmann::ordered_json& before);

}  // namespace egd::cli
