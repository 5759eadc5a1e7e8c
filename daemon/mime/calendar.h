// What composing needs to know of iCalendar objects (RFC 5545). Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::mime {

bool IsCalendarType(std::string_view media_type);  // text/calendar, with or without parameters

// "REQUEST", "CANCEL", … (RFC 5546 section 1.4) of an object that somebody is sent to act on, as
// its content or else its media type says. Empty: a file that is just a file.
std::string CalendarMethod(std::string_view content, std::string_view media_type);

}  // namespace egd::mime
