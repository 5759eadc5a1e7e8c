// Webhooks: who is told what happens to a domain's messages (contract section 7).
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "webhooks";
constexpr KeyCodes kOwnersKeyCodes = {
    .missing = 13, .invalid = 13, .disabled_user = 2, .invalid_domain = 2};
constexpr std::string_view kManage = "EmailGateway.ManageDomain";
constexpr size_t kMaxUrl = 2048;
constexpr int64_t kLongestOverlap =
    30 * 86'400;  // a key that nobody changes over from is no change

std::vector<Field> WebhookFields() {
  return {{"WebhookID", FieldType::kInteger, "Identifies the webhook"},
          {"Event", FieldType::kString, "Subscribed event"},
          {"WebhookURL", FieldType::kString, "Target URL"},
          {"Status", FieldType::kString, "Enabled, or Disabled after 5 days of failures only"},
          {"DisabledReason", FieldType::kString, "Disabled: why", false},
          {"DisabledAt", FieldType::kInteger, "Disabled: when, Unix seconds", false, true}};
}

std::vector<Field> WebhookList() {
  return Concat({{"Webhooks", FieldType::kList, "The webhooks, oldest first"}},
                Under("Webhooks[]", WebhookFields()));
}

Param Event(int missing_code) {
  return {.name = "Event",
          .help = "Event to subscribe to",
          .required = true,
          .missing_code = missing_code,
          .invalid_code = 3,
          .choices = EventWords()};
}

Param Url(int malformed_code) {
  return {.name = "WebhookURL",
          .help = "http or https URL to post events to; not a private address",
          .required = true,
          .missing_code = 5,
          .invalid_code = malformed_code,
          .max_length = kMaxUrl};
}

Param WebhookId() {
  return {.name = "WebhookID",
          .type = ParamType::kInteger,
          .help = "The webhook",
          .required = true,
          .missing_code = 1};
}

std::vector<Field> Added() {
  return {{"NewWebhookID", FieldType::kInteger, "Identifies the new webhook"},
          {.path = "Warning",
           .help = "The URL's host has no address yet, or the DNS did not answer: a sentence",
           .always = false}};
}

Command Add() {
  return {
      .name = "emailgateway.addwebhook",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Subscribe a URL to an event of a domain",
      .details =
          "Each event is POSTed as JSON, signed as specified by Standard Webhooks; the key is in "
          "getwebhooks. A URL that leads to a loopback, private or otherwise non-public address is "
          "refused unless webhooks.allow_networks opens it.",
      .permission = kManage,
      .envelope = Envelope::kLegacyList,
      .params = {DomainId(), Event(2), Url(6)},
      .results = Added(),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kInvalidArgument, "Event is missing"},
                 {3, ErrorKind::kInvalidArgument, "Event is not a known event"},
                 {4, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound},
                 {5, ErrorKind::kInvalidArgument, "WebhookURL is missing"},
                 {6, ErrorKind::kInvalidArgument, "WebhookURL is not an http or https URL",
                  Cause::kWebhookUrlInvalid},
                 {7, ErrorKind::kForbidden, "WebhookURL points at a forbidden address",
                  Cause::kWebhookUrlForbidden}},
      .example_request = R"({
  "DomainID": 123,
  "Event": "delivery",
  "WebhookURL": "https://example.com/webhooks/email-events"
})",
      .example_reply = R"({"NewWebhookID": 999})",
      .example_cli =
          "egctl addwebhook example.com delivery https://example.com/webhooks/email-events",
  };
}

Command List() {
  return {
      .name = "emailgateway.getwebhooks",
      .group = kGroup,
      .summary = "List a domain's webhooks and their signing key",
      .details = "Shows the signing key. Treat the output as secret.",
      .permission = kManage,
      .params = {DomainId()},
      .results = Concat({{"SigningKey", FieldType::kString,
                          "Key to verify webhook-signature with, whsec_<base64>"}},
                        WebhookList()),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "SigningKey": "whsec_xxxxxxxxxxxx",
  "Webhooks": [
    {
      "WebhookID": 999,
      "Event": "delivery",
      "WebhookURL": "https://example.com/webhooks/email-events",
      "Status": "Enabled"
    }
  ]
})",
      .example_cli = "egctl getwebhooks example.com",
  };
}

Command Delete() {
  return {
      .name = "emailgateway.deletewebhook",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete a webhook",
      .details = "Nothing more is sent to it, including pending events.",
      .permission = kManage,
      .params = {WebhookId(), DomainId(2)},
      .errors = {{1, ErrorKind::kInvalidArgument, "WebhookID is missing"},
                 {2, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {3, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound},
                 {4, ErrorKind::kNotFound, "Webhook not found or access denied",
                  Cause::kWebhookNotFound}},
      .example_request = R"({"WebhookID": 999, "DomainID": 123})",
      .example_reply = "{}",
      .example_cli = "egctl deletewebhook 999 example.com",
  };
}

Command RegenerateKey() {
  return {
      .name = "emailgateway.regeneratesigningkey",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Make a new key that signs a domain's webhooks",
      .details =
          "Without OverlapSeconds only the new key signs from now on: for a key that has leaked. "
          "With it, deliveries carry a second signature by the old key for that long, so that "
          "receivers can change over one by one: a receiver accepts a delivery when one of its "
          "signatures verifies.",
      .permission = kManage,
      .params = {DomainId(),
                 {.name = "OverlapSeconds",
                  .type = ParamType::kInteger,
                  .help = "How long the old key keeps signing",
                  .default_text = "0",
                  .minimum = 0,
                  .maximum = kLongestOverlap}},
      .results = {{"SigningKey", FieldType::kString, "The new key, whsec_<base64>"}},
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"DomainID": 123, "OverlapSeconds": 86400})",
      .example_reply = R"({"SigningKey": "whsec_xxxxxxxxxxxx"})",
      .example_cli = "egctl regeneratesigningkey example.com --overlap-seconds 86400",
  };
}

constexpr ErrorEntry kInvalidUser = {2, ErrorKind::kForbidden, "Invalid user account"};
// Also of a key whose domain has just gone.
constexpr ErrorEntry kInvalidKey = {13, ErrorKind::kUnauthenticated, "SenderAPIKey is invalid",
                                    Cause::kDomainNotFound};

Command AddPublic() {
  return {
      .name = "emailgateway.addwebhook.public",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Subscribe a URL to an event of a sender key's domain",
      .details = "As addwebhook, for an application that holds a sender key.",
      .alias = {"POST", "/api/v1/webhooks"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = {.missing = 13, .invalid = 13},
      .params = {Event(2), Url(3)},
      .results = Added(),
      .errors = {{2, ErrorKind::kInvalidArgument, "Event is missing"},
                 {3, ErrorKind::kInvalidArgument, "Event or WebhookURL is invalid",
                  Cause::kWebhookUrlInvalid},
                 {5, ErrorKind::kInvalidArgument, "WebhookURL is missing"},
                 kInvalidKey},
      .example_request =
          R"({"Event": "delivered", "WebhookURL": "https://example.com/webhooks/email-events"})",
      .example_reply = R"({"NewWebhookID": 999})",
      .example_cli = "egctl addwebhook.public delivered https://example.com/webhooks/email-events",
  };
}

Command ListPublic() {
  return {
      .name = "emailgateway.getwebhooks.public",
      .group = kGroup,
      .summary = "List the webhooks of a sender key's domain",
      .details = "Oldest first, without the signing key.",
      .alias = {"GET", "/api/v1/webhooks"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = kOwnersKeyCodes,
      .results = WebhookList(),
      .errors = {kInvalidUser, kInvalidKey},
      .example_request = "{}",
      .example_reply = R"({
  "Webhooks": [
    {
      "WebhookID": 999,
      "Event": "delivered",
      "WebhookURL": "https://example.com/webhooks/email-events",
      "Status": "Enabled"
    }
  ]
})",
      .example_cli = "egctl getwebhooks.public",
  };
}

Command DeletePublic() {
  return {
      .name = "emailgateway.deletewebhook.public",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete a webhook of a sender key's domain",
      .details = "Nothing more is sent to it, including pending events.",
      .alias = {"DELETE", "/api/v1/webhooks"},
      .caller = Caller::kSenderKey,
      .envelope = Envelope::kPublic,
      .key_codes = kOwnersKeyCodes,
      .params = {WebhookId()},
      .errors = {{1, ErrorKind::kInvalidArgument, "WebhookID is missing"},
                 kInvalidUser,
                 {4, ErrorKind::kNotFound, "Invalid WebhookID", Cause::kWebhookNotFound},
                 kInvalidKey},
      .example_request = R"({"WebhookID": 999})",
      .example_reply = "{}",
      .example_cli = "egctl deletewebhook.public 999",
  };
}

}  // namespace

std::vector<Command> WebhookEntries() {
  return {Add(), List(), Delete(), RegenerateKey(), AddPublic(), ListPublic(), DeletePublic()};
}

}  // namespace egd::catalogue
