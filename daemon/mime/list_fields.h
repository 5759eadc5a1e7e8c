// The header fields that bulk mail needs: List-Unsubscribe (RFC 2369) with one click (RFC 8058),
// and Feedback-ID, by which Gmail groups complaints. Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::mime {

struct ListFields {
  std::string unsubscribe_url;      // https; empty: no List-Unsubscribe
  std::string unsubscribe_address;  // for its mailto form
  std::string feedback_id;          // empty: none
};

void AppendListFields(std::string& out, const ListFields& fields);

// The same without those that the header of `message`, complete and with CR LF, has already: a
// sender's own stay.
std::string ListFieldsFor(std::string_view message, ListFields fields);

}  // namespace egd::mime
