#include "daemon/mime/list_fields.h"

#include "daemon/mime/header.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

bool HasField(std::string_view header, std::string_view name) {
  for (std::string_view rest = header; !rest.empty() && !rest.starts_with("\r\n");) {
    const size_t colon = rest.find(':'), end = rest.find("\r\n");
    if (colon < end && EqualsIgnoreCase(rest.substr(0, colon), name)) return true;
    if (end == std::string_view::npos) return false;
    rest.remove_prefix(end + 2);
  }
  return false;
}

}  // namespace

void AppendListFields(std::string& out, const ListFields& fields) {
  if (!fields.unsubscribe_url.empty()) {
    Field field(out, "List-Unsubscribe");
    if (fields.unsubscribe_address.empty()) {
      field.Word("<" + fields.unsubscribe_url + ">");
    } else {
      field.Word("<" + fields.unsubscribe_url + ">,");
      field.Word("<mailto:" + fields.unsubscribe_address + "?subject=unsubscribe>");
    }
    field.End();
    Field(out, "List-Unsubscribe-Post").Word("List-Unsubscribe=One-Click").End();
  }
  if (!fields.feedback_id.empty()) Field(out, "Feedback-ID").Word(fields.feedback_id).End();
}

std::string ListFieldsFor(std::string_view message, ListFields fields) {
  if (HasField(message, "List-Unsubscribe")) fields.unsubscribe_url.clear();
  if (HasField(message, "Feedback-ID")) fields.feedback_id.clear();
  std::string out;
  AppendListFields(out, fields);
  return out;
}

}  // namespace egd::mime
