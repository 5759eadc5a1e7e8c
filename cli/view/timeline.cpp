// kTimeline: what became of a message, step by step.
#include <algorithm>

#include "cli/view/sections.h"
#include "cli/view/text.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTime = "timestamp";
constexpr size_t kTimeWidth = 19, kEventWidth = 13;

// The first event's time, then how much later the others were.
std::string TimeText(UnixMillis at, std::optional<UnixMillis> first) {
  if (!first) return FormatDateTime(at);
  return PadLeft("+" + SecondsWords(double(std::max<UnixMillis>(0, at - *first)) / 1000),
                 kTimeWidth);
}

std::string WordAt(const Json& event, const char* key) {
  const Json& word = At(event, key);
  return word.is_string() ? Printable(word.get<std::string>()) : "";
}

std::string Entry(const Page& page, const ViewSection& section, const Json& event,
                  const std::string& time) {
  const std::string word = WordAt(event, "event");
  const std::string head = PadRight(time, kTimeWidth) + "  ";
  const size_t indent = std::min<size_t>(4, page.width / 4);
  std::string text = page.Painted(head, Tone::kFaint) +
                     page.Painted(PadRight(Verdict(page, word), kEventWidth), ToneOf(word)) + "  ";
  const size_t taken =
      DisplayWidth(head) + std::max(kEventWidth, DisplayWidth(Verdict(page, word))) + 2;
  const size_t room = page.IsWide() || page.width <= taken ? page.width : page.width - taken;
  text += CutMiddle(page, WordAt(event, "recipient"), room) + "\n";
  return text + DrawPairs(page, FieldPairs(page, event, section.details), indent);
}

}  // namespace

std::string DrawTimeline(const Page& page, const ViewSection& section, const Json& events) {
  std::vector<const Json*> sorted;
  for (const Json& event : events) sorted.push_back(&event);
  const auto time = [](const Json* event) { return TimeOf(kTime, At(*event, kTime)).value_or(0); };
  std::ranges::stable_sort(sorted, {}, time);
  std::optional<UnixMillis> first;
  std::string text;
  for (const Json* event : sorted) {
    text += Entry(page, section, *event, TimeText(time(event), first));
    if (!first) first = time(event);
  }
  return text;
}

}  // namespace egd::cli
