#include "cli/desired/schema.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace egd::cli {
namespace {

Schema Users() {
  return {.kind = Kind::kUser,
          .parent = Parent::kGateway,
          .key = "users",
          .singular = "user",
          .list = "users.get",
          .create = "user.create",
          .update = "user.update",
          .elements = "Users",
          .id = "UserID",
          .new_id = "UserID",
          .properties = {
              {"username", "Username", "/Username", true, true},
              {"email_address", "EmailAddress", "/EmailAddress", false, true},
              {"first_name", "FirstName", "/FirstName"},
              {"last_name", "LastName", "/LastName"},
              {"company_name", "CompanyName", "/CompanyName"},
              {"account_status", "AccountStatus", "/AccountStatus"},
              {"reputation_level", "ReputationLevel", "/ReputationLevel"},
              {"verified", "Verified", "/Verified"},
              {"max_sender_domains", "MaxSenderDomains", "/MaxSenderDomains"},
              {"monthly_send_limit", "MonthlySendLimit", "/MonthlySendLimit"},
              {"send_rate_per_minute", "SendRatePerMinute", "/SendRatePerMinute"},
              {"permissions", "Permissions", "/Permissions"},
          }};
}

Schema Domains() {
  return {
      .kind = Kind::kDomain,
      .parent = Parent::kUser,
      .key = "domains",
      .singular = "domain",
      .list = "emailgateway.getdomains",
      .create = "emailgateway.adddomain",
      .update = "emailgateway.updatedomain",
      .elements = "Domains",
      .id = "DomainID",
      .new_id = "NewSenderDomainID",
      .properties = {
          {"name", "DomainName", "/SenderDomain", true, true},
          {"status", "Status", "/Status", false, false, true},
          {"status_reason", "StatusReason", "/StatusReason", false, false, true},
          {"options.link_tracking", "LinkTracking", "/Options/LinkTracking"},
          {"options.open_tracking", "OpenTracking", "/Options/OpenTracking"},
          {"options.unsubscribe_link", "UnsubscribeLink", "/Options/UnsubscribeLink"},
          {"options.hosting_provider", "HostingProvider", "/Options/HostingProvider"},
          {"options.subdomain", "Subdomain", "/Options/CustomSubdomain", false, true},
          {"options.track_prefix", "TrackPrefix", "/Options/CustomTrackPrefix", false, true},
          {"options.track_merge", "TrackMerge", "/Options/CustomTrackMerge"},
          {"options.track_prefix_disabled", "TrackPrefixDisabled", "/Options/TrackPrefixDisabled"},
      }};
}

Schema ApiKeys() {
  return {.kind = Kind::kApiKey,
          .parent = Parent::kDomain,
          .key = "api_keys",
          .singular = "API key",
          .list = "emailgateway.getapis",
          .create = "emailgateway.addapi",
          .remove = "emailgateway.deleteapi",
          .elements = "APIKeys",
          .id = "APIKeyID",
          .new_id = "NewAPIKeyID",
          .properties = {{"description", "Description", "/Description", true},
                         {"test", "Test", "/Test", true}}};
}

Schema SmtpCredentials() {
  return {.kind = Kind::kSmtpCredentials,
          .parent = Parent::kDomain,
          .key = "smtp_credentials",
          .singular = "SMTP credentials",
          .list = "emailgateway.getsmtps",
          .create = "emailgateway.addsmtp",
          .remove = "emailgateway.deletesmtp",
          .elements = "SMTPs",
          .id = "SMTPID",
          .new_id = "NewSMTPID",
          .properties = {{"description", "Description", "/Description", true},
                         {"test", "Test", "/Test", true}}};
}

Schema Webhooks() {
  return {.kind = Kind::kWebhook,
          .parent = Parent::kDomain,
          .key = "webhooks",
          .singular = "webhook",
          .list = "emailgateway.getwebhooks",
          .create = "emailgateway.addwebhook",
          .remove = "emailgateway.deletewebhook",
          .elements = "Webhooks",
          .id = "WebhookID",
          .new_id = "NewWebhookID",
          .properties = {{"event", "Event", "/Event", true},
                         {"url", "WebhookURL", "/WebhookURL", true}}};
}

Schema Templates() {
  return {.kind = Kind::kTemplate,
          .parent = Parent::kUser,
          .key = "templates",
          .singular = "template",
          .list = "useremailtemplates.get",
          .create = "useremailtemplate.create",
          .update = "useremailtemplate.update",
          .remove = "useremailtemplate.delete",
          .elements = "Templates",
          .id = "EmailID",
          .new_id = "EmailID",
          .properties = {{"name", "EmailName", "/EmailName", true},
                         {"subject", "Subject", "/Subject"},
                         {"content_type", "ContentType", "/ContentType"},
                         {"html_content", "HTMLContent", "/HTMLContent"},
                         {"plain_content", "PlainContent", "/PlainContent"}}};
}

Schema Lists() {
  return {.kind = Kind::kList,
          .parent = Parent::kUser,
          .key = "lists",
          .singular = "list",
          .list = "lists.get",
          .create = "list.create",
          .remove = "lists.delete",
          .elements = "Lists",
          .id = "ListID",
          .new_id = "ListID",
          .properties = {{"name", "SubscriberListName", "/Name", true},
                         {"subscribers", "", "/SubscriberCount"}}};
}

}  // namespace

const Property* Schema::Find(std::string_view property) const {
  const auto row = std::ranges::find(properties, property, &Property::key);
  return row == properties.end() ? nullptr : &*row;
}

const catalogue::Param& Schema::ParamOf(const Property& property) const {
  for (const std::string_view name : {create, update}) {
    const auto* command = name.empty() ? nullptr : catalogue::Find(name);
    if (const auto* param = command ? command->Find(property.param) : nullptr) return *param;
  }
  throw std::logic_error("no Command has " + std::string(property.param));
}

const std::vector<Schema>& Schemas() {
  static const std::vector<Schema> schemas = {Users(),    Domains(),   ApiKeys(), SmtpCredentials(),
                                              Webhooks(), Templates(), Lists()};
  return schemas;
}

const Schema& SchemaOf(Kind kind) {
  return *std::ranges::find(Schemas(), kind, &Schema::kind);
}

}  // namespace egd::cli
