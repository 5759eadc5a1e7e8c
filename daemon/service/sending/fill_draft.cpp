#include "daemon/service/sending/fill_draft.h"

#include <string_view>

#include "daemon/core/personalisation.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr std::string_view kSubscriber = "Subscriber:";
constexpr std::string_view kUnsubscribe = "Link:Unsubscribe";

std::string ValueOf(std::string_view field, const Fields& fields) {
  if (EqualsIgnoreCase(field, kUnsubscribe)) return fields.unsubscribe_url();
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

bool HasUnsubscribeField(const core::Draft& draft) {
  bool found = false;
  for (const std::string* text : {&draft.html, &draft.plain}) {
    if (!core::HasFields(*text)) continue;
    core::Personalise(*text, core::FieldContext::kPlain, [&](std::string_view field) {
      found |= EqualsIgnoreCase(field, kUnsubscribe);
      return std::string();
    });
  }
  return found;
}

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
