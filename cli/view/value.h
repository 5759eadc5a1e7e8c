// One value of an answer as a person reads it. Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "cli/view/page.h"
#include "shared/catalogue/view.h"

namespace egd::cli {

struct Cell {
  std::string text = {};  // printable, one line; empty: there is nothing to show
  Tone tone = Tone::kPlain;
  bool is_number = false;  // aligned at its right, never cut
  bool is_whole = false;   // never cut: a time, a verdict
  bool is_key = false;     // no words: cut in the middle
};

// `look`: never kByName. Times get their age, unless `compact`.
Cell CellOf(const Page& page, catalogue::Look look, std::string_view key,
            const nlohmann::ordered_json& value, bool compact = false);

// What is at the dotted path below the value; null when it is not there.
const nlohmann::ordered_json& At(const nlohmann::ordered_json& value, std::string_view path);
// Null, an empty text, list or object.
bool IsEmpty(const nlohmann::ordered_json& value);
bool IsListOfObjects(const nlohmann::ordered_json& value);

// "delivered" is good, "failed" is bad; kPlain for a word that is neither.
Tone ToneOf(std::string_view word);
// With its mark: "✓ pass".
std::string Verdict(const Page& page, std::string_view word);

// The instant of a value of the API's: Unix seconds of a key that names a time, or "2026-11-26
// 09:12:30".
std::optional<UnixMillis> TimeOf(std::string_view key, const nlohmann::ordered_json& value);
std::string AgeWords(UnixMillis at, UnixMillis now);  // "5 min ago", "in 3 h"
std::string SecondsWords(double seconds);             // "5 min 18 s"
std::string BytesWords(double bytes);                 // "71.0 GB"
// As many of `width` columns as `share` (0 to 1) says.
std::string Bar(const Page& page, double share, size_t width);

}  // namespace egd::cli
