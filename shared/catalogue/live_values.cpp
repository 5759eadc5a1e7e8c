#include "shared/catalogue/live_values.h"

#include <algorithm>

namespace egd::catalogue {
namespace {

const LiveValues* ValuesOf(std::string_view param) {
  static const std::vector<LiveValues> all = {
      {"DomainID", "emailgateway.getdomains", "Domains", "SenderDomain", {"Status"}},
      {"DomainIDs", "emailgateway.getdomains", "Domains", "SenderDomain", {"Status"}},
      {"WebhookID",
       "emailgateway.getwebhooks",
       "Webhooks",
       "WebhookID",
       {"Event", "WebhookURL"},
       true},
      {"APIKeyID", "emailgateway.getapis", "APIKeys", "APIKeyID", {"Description"}, true},
      {"SMTPID", "emailgateway.getsmtps", "SMTPs", "SMTPID", {"SMTPUsername", "Description"}, true},
      {"CapturedID", "captured.list", "Captured", "CapturedID", {"Recipient", "Subject"}, true},
      {"InboundID", "inbound.list", "Inbound", "InboundID", {"Kind", "Subject"}},
      {"EmailID", "useremailtemplates.get", "Templates", "EmailID", {"EmailName"}},
      {"TemplateID", "useremailtemplates.get", "Templates", "EmailID", {"EmailName"}},
      {"ListID", "lists.get", "Lists", "ListID", {"Name"}},
      {"TargetListID", "lists.get", "Lists", "ListID", {"Name"}},
      {"JourneyID", "journey.list", "Journeys", "JourneyID", {"Name"}},
      {"UserID", "users.get", "Users", "UserID", {"Username", "EmailAddress"}},
      {"--as-user", "users.get", "Users", "UserID", {"Username", "EmailAddress"}},
  };
  const auto found = std::ranges::find(all, param, &LiveValues::param);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const LiveValues* LiveValuesOf(const Command& command, const Param& param) {
  static const LiveValues own_keys = {
      "APIKeyID", "user.apikey.list", "APIKeys", "APIKeyID", {"Note"}};
  if (param.name == "APIKeyID" && command.name.starts_with("user.")) return &own_keys;
  return ValuesOf(param.name);
}

const LiveValues* LiveValuesOf(const Command* command, const CliOption& option) {
  if (command && option.param) return LiveValuesOf(*command, *option.param);
  return option.param ? nullptr : ValuesOf(option.names.front());
}

const LiveValues& DomainNames() {
  return *ValuesOf("DomainID");
}

}  // namespace egd::catalogue
