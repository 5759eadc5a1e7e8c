// Sender keys: what an application sends mail with, each bound to one sender domain.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "keys";
constexpr std::string_view kManage = "EmailGateway.ManageDomain";

std::vector<Field> KeyFields() {
  return {{"APIKeyID", FieldType::kInteger, "Identifies the key"},
          {"APIKey", FieldType::kString, "The key itself, eg_live_... or eg_test_..."},
          {"Description", FieldType::kString, "What the key is for"},
          {"DomainID", FieldType::kInteger, "The sender domain it may send for"},
          {"Test", FieldType::kBoolean, "true: a test key, whose mail never leaves the gateway",
           false}};
}

std::vector<Field> NewKey() {
  return Concat({{"NewAPIKeyID", FieldType::kInteger, "Identifies the new key"},
                 {"APIKey", FieldType::kObject, "The new key"}},
                Under("APIKey", KeyFields()));
}

Param Description() {
  return {.name = "Description",
          .help = "What the key is for",
          .required = true,
          .missing_code = 1,
          .max_length = 255};
}

const std::vector<ErrorEntry> kNewKeyErrors = {
    {1, ErrorKind::kInvalidArgument, "Description is missing"},
    {2, ErrorKind::kInvalidArgument, "DomainID is missing"},
    {3, ErrorKind::kNotFound, "Domain not found or access denied", Cause::kDomainNotFound},
};

constexpr std::string_view kNewKeyRequest =
    R"({"Description": "Production API Key", "DomainID": 123})";
constexpr std::string_view kNewKeyReply = R"({
  "NewAPIKeyID": 456,
  "APIKey": {
    "APIKeyID": 456,
    "APIKey": "eg_live_xxxxxxxxxxxx",
    "Description": "Production API Key",
    "DomainID": 123
  }
})";

Command Add() {
  return {
      .name = "emailgateway.addapi",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a sender key for a domain",
      .details =
          "An application sends mail with a sender key, as a Bearer token at /api/v1/email. The "
          "key is good for one sender domain and for nothing else. With Test=1 it is a test key, "
          "eg_test_...: every call is checked and answered as a live key's, with the same events "
          "and webhooks (marked Test), kept out of statistics and limits, and nothing leaves the "
          "gateway: captured.list shows it. The recipients' local parts decide, whatever their "
          "domain: bounced, deferred (then delivered), complained, opened, clicked, unsubscribed "
          "and suppressed, also with a +tag, get what they are named after; all others are "
          "delivered.",
      .permission = kManage,
      .envelope = Envelope::kLegacyList,
      .params = {Description(),
                 DomainId(2),
                 {.name = "Test", .type = ParamType::kFlag, .help = "Create a test key"}},
      .results = NewKey(),
      .errors = kNewKeyErrors,
      .example_request = kNewKeyRequest,
      .example_reply = kNewKeyReply,
      .example_cli = "egctl addapi 'Production API Key' example.com",
  };
}

Command List() {
  return {
      .name = "emailgateway.getapis",
      .group = kGroup,
      .summary = "List a domain's sender keys",
      .details = "Shows the keys in full. Treat the output as secret.",
      .permission = kManage,
      .params = {DomainId()},
      .results = Concat({{"APIKeys", FieldType::kList, "The keys, oldest first"}},
                        Under("APIKeys[]", KeyFields())),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "APIKeys": [
    {
      "APIKeyID": 456,
      "APIKey": "eg_live_xxxxxxxxxxxx",
      "Description": "Production API Key",
      "DomainID": 123
    }
  ]
})",
      .example_cli = "egctl getapis example.com",
  };
}

Command Delete() {
  return {
      .name = "emailgateway.deleteapi",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete a sender key",
      .details =
          "The key stops working at once. Mail that was accepted with it is still delivered.",
      .permission = kManage,
      .params = {{.name = "APIKeyID",
                  .type = ParamType::kInteger,
                  .help = "The key, as getapis shows it",
                  .required = true,
                  .missing_code = 1}},
      .errors = {{1, ErrorKind::kInvalidArgument, "APIKeyID is missing"},
                 {2, ErrorKind::kNotFound, "API key not found or access denied",
                  Cause::kKeyNotFound}},
      .example_request = R"({"APIKeyID": 456})",
      .example_reply = "{}",
      .example_cli = "egctl deleteapi 456",
  };
}

Command Replace() {
  return {
      .name = "emailgateway.replaceapi",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Create a sender key and stop all older ones of the domain",
      .details =
          "For a key that has leaked: the new key works and every older key of the domain stops, "
          "at one instant. To change keys without an interruption use addapi, then deleteapi.",
      .permission = kManage,
      .params = {DomainId(2), Description()},
      .results = NewKey(),
      .errors = kNewKeyErrors,
      .example_request = kNewKeyRequest,
      .example_reply = kNewKeyReply,
      .example_cli = "egctl replaceapi example.com 'Production API Key'",
  };
}

}  // namespace

std::vector<Command> KeyEntries() {
  return {Add(), List(), Delete(), Replace()};
}

}  // namespace egd::catalogue
