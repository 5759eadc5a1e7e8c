// How a reply is printed. Pure. Nothing the gateway says can drive the terminal: but for kRaw,
// control characters are escaped in every form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "cli/view/page.h"
#include "shared/catalogue/command.h"

namespace egd::cli {

enum class Format { kTable, kJson, kYaml, kCsv, kRaw };
std::optional<Format> ParseFormat(std::string_view name);

// All forms but kRaw, which is the reply's bytes; kTable is drawn on `page`. Ends with a line feed, or is empty.
std::string Render(Format format, const catalogue::Command& command,
                   const nlohmann::ordered_json& body, const Page& page);

// What is at "Domain.DomainID", "Events[0].event" or, a line each, "Domains[].DomainID": texts as
// they are, all else as JSON. Nothing when it is not there.
std::optional<std::string> RenderField(const nlohmann::ordered_json& body, std::string_view path);

// YAML 1.2, block style; every text in double quotes.
std::string RenderYaml(const nlohmann::ordered_json& body);
// RFC 4180 with LF: a line an element of the first list, or one line; nested names dotted.
std::string RenderCsv(const nlohmann::ordered_json& body);
// One line of these columns, dotted names; without an element: the heading.
std::string RenderCsvLine(const std::vector<std::string>& columns,
                          const nlohmann::ordered_json* element);
// JSON, with the control characters escaped that RFC 8259 leaves alone: DEL and C1.
std::string RenderJson(const nlohmann::ordered_json& value, int indent);

}  // namespace egd::cli
