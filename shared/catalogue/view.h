// How egctl shows a Command's answer to a person, declared as data: what comes first, under which
// titles, in which units, and what to do next. A Command without a view of its own is shown by the
// names of its keys. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/catalogue/command.h"

namespace egd::catalogue {

// What a value is. Times are told by their form, whatever the key.
enum class Look {
  kText,
  kSeconds,    // "5 min 18 s"
  kMillis,     // "1.5 s"
  kBytes,      // "71.0 GB"
  kPercent,    // "42.11 %"
  kPerSecond,  // "12.5/s"
  kSwitch,     // "on", "off"
  kVerdict,    // a word, with a mark and a colour when it is a known one
  kByName,     // as LookOf says of its key
};

struct ViewField {
  std::string_view path;        // dotted, below the section's path
  std::string_view title = {};  // empty: TitleOf the key
  Look look = Look::kByName;
  std::string_view of = {};       // kComparison: also in % of this other field
  std::string_view instead = {};  // the path to look at when there is nothing at `path`
};

enum class Shape {
  kHeadline,    // the values on one line, the first one strong
  kValues,      // titles beside values
  kTable,       // a line an element of a list, or a member of an object
  kBlocks,      // a heading an element, the first two fields, and its other values below
  kRecords,     // DNS records: a line each, and what is wrong with it
  kTimeline,    // events by time, with the details of each
  kComparison,  // figures beside those of another period, and a bar
  kSecret,      // the value alone on its line
  kAdvice,      // `text`, a line of what to do next
};

// Whether the value at `path` (absent: an empty text) is, or is not, this one. "Lanes[].State": of
// some element of the list.
struct Condition {
  std::string_view path = {};  // empty: always true
  std::string_view value = {};
  bool is = true;
};

struct ViewSection {
  Shape shape;
  std::string_view title = {};
  std::string_view path = {};  // of the list or object; empty: the whole answer
  std::vector<ViewField> fields = {};
  std::vector<ViewField> details = {};  // kTable: below the line of an element, when not empty
  // kTable: what to sort by, largest or worst first; empty: as they come.
  std::vector<std::string_view> order = {};
  std::string_view key_title = {};  // kTable of an object: what its members' names are
  std::string_view bar = {};        // kTable: the field to draw a bar of
  std::string_view compared = {};   // kComparison: path of the other period
  // kAdvice: {Domain.SenderDomain} stands for a value. kSecret: below the value. Else what is said
  // of an empty list; empty: nothing.
  std::string_view text = {};
  Condition when = {};
};
using View = std::vector<ViewSection>;

// The view that is declared for it; returns null if there is none.
const View* ViewOf(const Command& command);

// Of what `egctl top` shows.
const View& TopView();

// What a value is by the name of its key: "OldestAgeSeconds", "BouncedRate", "Status".
Look LookOf(std::string_view key);
// "SMTPResponse" to "SMTP response"; a unit that LookOf tells is left out.
std::string TitleOf(std::string_view key);

}  // namespace egd::catalogue
