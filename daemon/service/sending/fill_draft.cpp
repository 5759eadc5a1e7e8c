#include "daemon/service/sending/fill_draft.h"

#include <string_view>

#include "daemon/core/personalisation.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr std::string_view kSubscriber = "Subscriber:";

std::string ValueOf(std::string_view field, const Fields& fields) {
  if (EqualsIgnoreCase(field, "Link:Unsubscribe")) return fields.unsubscribe_url();
  if (!EqualsIgnoreCase(field.substr(0, kSubscriber.size()), kSubscriber)) return {};
  const std::string_view name = field.substr(kSubscriber.size());
  if (EqualsIgnoreCase(name, "EmailAddress")) return fields.recipient;
  if (!fields.subscriber) return {};
  for (const auto& [key, value] : fields.subscriber->custom_fields) {
    if (EqualsIgnoreCase(key, name)) return value;
  }
  return {};
}

}  // namespace

bool FillDraft(core::Draft& draft, const Fields& fields) {
  bool own = draft.each_alone;
  const core::FieldLookup lookup = [&](std::string_view field) { return ValueOf(field, fields); };
  const auto fill = [&](std::string& text, core::FieldContext context) {
    if (!core::HasFields(text)) return;
    text = core::Personalise(text, context, lookup);
    own = true;
  };
  fill(draft.subject, core::FieldContext::kHeader);
  fill(draft.html, core::FieldContext::kHtml);
  fill(draft.plain, core::FieldContext::kPlain);
  if (draft.each_alone) draft.to = {{"", fields.recipient}};
  return own;
}

}  // namespace egd::service
