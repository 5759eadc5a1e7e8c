// Reading and writing the documents of apply and export: TOML, YAML or JSON, the same content in
// each. Pure.
//
// Hostile text is refused in time and memory in proportion to its size, which is bounded: nesting
// and keys as node.h has them; YAML without anchors, aliases and second documents.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "cli/desired/node.h"
#include "shared/base/result.h"

namespace egd::cli {

enum class DocumentFormat { kToml, kYaml, kJson };
std::optional<DocumentFormat> ParseDocumentFormat(std::string_view name);
// By the ending of the file's name, else by the first line that says something.
DocumentFormat FormatOfDocument(std::string_view file, std::string_view text);

// kInvalidArgument for what is no such document: "FILE:12: why".
Result<Node> ReadDocument(const std::string& file, const std::string& text, DocumentFormat format);

// The three behind it. A mistake's text has no file's name: "12: why".
Result<Node> ReadToml(const std::string& text);
Result<Node> ReadYaml(const std::string& text);
Result<Node> ReadJsonText(const std::string& text);

// TOML of an object, in its order: single values, then tables. Lists of objects are [[tables]].
std::string RenderToml(const nlohmann::ordered_json& document);

}  // namespace egd::cli
