// What mail servers beside this gateway ask it: which domains they take bounces and replies for.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "domains";

Command List() {
  return {
      .name = "sender.domains",
      .group = kGroup,
      .summary = "List all domains that send, for PowerMTA",
      .details =
          "The Enabled sender domains of all users, by name. As powermta-bounce-domains or "
          "powermta-relay-domains the answer is a text that a PowerMTA configuration includes: a "
          "line \"domain NAME\" or \"relay-domain NAME\" for each of them and for each of their "
          "return-path hosts, where bounces go.",
      .alias = {"POST", "/api/v1/sender.domains"},
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {{.name = "DomainsResponseFormat",
                  .help = "What the answer looks like",
                  .invalid_code = 1,
                  .default_text = "json",
                  .choices = {"json", "powermta-bounce-domains", "powermta-relay-domains"}}},
      .results = {{"Domains", FieldType::kList, "json: their names"}},
      .text_type = "text/plain",
      .errors = {{1, ErrorKind::kInvalidArgument, "Invalid DomainsResponseFormat"}},
      .example_request = R"({"DomainsResponseFormat": "json"})",
      .example_reply = R"({"Domains": ["another.com", "example.com", "third.com"]})",
      .example_cli = "egctl sender.domains --domains-response-format powermta-relay-domains",
  };
}

Command Check() {
  return {
      .name = "inbound-relay-domain-check",
      .group = kGroup,
      .summary = "Check whether inbound mail for a domain is accepted",
      .details =
          "For an MX server, before it accepts mail to relay here: HTTP status 200 for an Enabled "
          "sender domain and for its return-path host, 500 for any other domain, 403 for a key "
          "that is not the admin's. They do not change with api.v1_errors_as_200, and no rate "
          "limit applies. Any other status is not a verdict: try later.",
      .alias = {"GET", "/api/v1/inbound-relay-domain-check"},
      .caller = Caller::kAdmin,
      .envelope = Envelope::kVerdict,
      .key_codes = {.missing = 1, .invalid = 1},
      .params = {{.name = "Domain",
                  .help = "A domain or an email address of it",
                  .required = true,
                  .missing_code = kCodeMalformed,
                  .max_length = 320}},
      .results = {{"RelayDomain", FieldType::kString, "The domain, lower case, with A-labels"}},
      .errors = {{1, ErrorKind::kForbidden, "Authentication failed. Invalid admin API key."},
                 {kCodeDenied, ErrorKind::kInternal, "Relay access denied", Cause::kRelayDenied}},
      .example_request = R"({"Domain": "example.com"})",
      .example_reply = R"({"RelayDomain": "example.com"})",
      .example_cli = "egctl inbound-relay-domain-check example.com",
  };
}

}  // namespace

std::vector<Command> RelayEntries() {
  return {List(), Check()};
}

}  // namespace egd::catalogue
