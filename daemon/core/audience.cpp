#include "daemon/core/audience.h"

#include "daemon/core/name_table.h"

namespace egd::core {
namespace {

constexpr std::string_view kContents[] = {"HTML", "Plain", "Both"};
constexpr std::string_view kStatuses[] = {"Subscribed", "Unsubscribed", "Opt-In Pending",
                                          "Opt-Out Pending"};

}  // namespace

std::string_view Name(TemplateContent content) {
  return kContents[static_cast<size_t>(content)];
}
std::optional<TemplateContent> ParseTemplateContent(std::string_view name) {
  return FromName<TemplateContent>(kContents, name);
}

std::string_view Name(SubscriptionStatus status) {
  return kStatuses[static_cast<size_t>(status)];
}
std::optional<SubscriptionStatus> ParseSubscriptionStatus(std::string_view name) {
  return FromName<SubscriptionStatus>(kStatuses, name);
}

}  // namespace egd::core
