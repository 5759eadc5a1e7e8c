// The page behind an unsubscribe link. It works without JavaScript and by keyboard alone, at any
// width from 320 pixels, in light and dark, and loads nothing from elsewhere. Its text can be
// replaced by the operator's own ([tracking] unsubscribe_page), a file of HTML in which
//
//   {sender}   is the name or address the message came from
//   {address}  the recipient's, partly hidden: whoever got the mail forwarded should not learn it
//   {form}     the form with its button, or, once it is done, nothing
//   {done}     nothing, or, once it is done, a sentence that says so
//
// Every value is escaped. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::tracking_server {

struct UnsubscribeView {
  std::string sender, address;
  bool done = false;
};

// The built-in text, in English.
std::string DefaultUnsubscribePage();
// The first placeholder that `page` must have and lacks; empty: none.
std::string MissingPlaceholder(std::string_view page);
std::string RenderUnsubscribePage(std::string_view page, const UnsubscribeView& view);

// "j•••@example.net"; what is no address stays hidden altogether.
std::string PartlyHidden(std::string_view address);

}  // namespace egd::tracking_server
