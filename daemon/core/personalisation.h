// Personalisation: fills a message's fields from one subscriber. Pure, thread-safe.
//
//   {{ Subscriber:FirstName }}   {{ Subscriber:FirstName | "friend" }}   %Subscriber:FirstName% {{
//   Link:Unsubscribe }}
//
// Policy: one pass, so a value is never read as a template again. An unknown or empty field renders
// its fallback, or nothing. Text that is not exactly a field of a known namespace (Subscriber,
// Link) stays as it is: other people's braces and percent signs are content. Field names are
// compared by the lookup; a fallback has no escapes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace egd::core {

enum class FieldContext {
  kPlain,   // as it is
  kHtml,    // & < > " ' become character references
  kHeader,  // control characters become spaces
};

// Gives the value of "Subscriber:FirstName", or "" when there is none.
using FieldLookup = std::function<std::string(std::string_view field)>;

std::string Personalise(std::string_view text, FieldContext context, const FieldLookup& lookup);

// The text as it is shown where it stands for many copies: each field as its fallback, or as its
// name,
// "[FirstName]".
std::string ShowFields(std::string_view text);

// True when Personalise could change the text: identical copies need no pass of their own.
bool HasFields(std::string_view text);

}  // namespace egd::core
