// Sender domains and the DNS records that prove them (contract section 4).
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "domains";
constexpr std::string_view kManage = "EmailGateway.ManageDomain";

std::vector<Field> RecordFields() {
  return {
      {"Purpose", FieldType::kString,
       "MFROM, DKIM, SPF, DMARC, TRACKING or a word of the operator's template"},
      {"Host", FieldType::kString, "Full name of the record"},
      {"Type", FieldType::kString, "CNAME, TXT, ..."},
      {"Value", FieldType::kString, "What must be there"},
      {"Status", FieldType::kString, "unchecked, pass, fail or temperror"},
      {"Found", FieldType::kString, "What was there, or empty"},
      {"Error", FieldType::kString, "Why it did not pass, or empty"},
      {"LastCheckedAt", FieldType::kString, "When it was last looked up, UTC; empty: never"},
      {"Required", FieldType::kBoolean,
       "false: the domain can be Enabled without it, as with a DKIM key that is pending, retiring "
       "or ed25519"},
  };
}

std::vector<Field> KeyFields() {
  return {
      {"Selector", FieldType::kString, "Its record is at <Selector>._domainkey.<domain>"},
      {"Algorithm", FieldType::kString, "rsa-sha256 or ed25519-sha256"},
      {"State", FieldType::kString,
       "pending: to be published; active: signs; retiring: replaced, and its record has to stay "
       "for now"},
      {"Since", FieldType::kString, "When it entered this state, UTC"},
      {"GraceEndsAt", FieldType::kString,
       "retiring: when it is deleted and its record may go, UTC; otherwise empty"},
  };
}

std::vector<Field> DomainFields() {
  return Concat(
      {
          {"DomainID", FieldType::kInteger, "Identifies the sender domain"},
          {"SenderDomain", FieldType::kString, "Its name, lower case, with A-labels"},
          {"Status", FieldType::kString, "Approval Pending, Enabled, Disabled or Suspended"},
          {"StatusReason", FieldType::kString, "Why the admin set Status, or empty"},
          {"Options", FieldType::kObject, "Its settings"},
          {"Options.LinkTracking", FieldType::kInteger, "1: links are rewritten to count clicks"},
          {"Options.OpenTracking", FieldType::kInteger,
           "1: HTML carries a pixel that counts opens"},
          {"Options.UnsubscribeLink", FieldType::kInteger, "1: List-Unsubscribe headers are added"},
          {"Options.HostingProvider", FieldType::kString, "Only when it was given", false},
          {"Options.CustomSubdomain", FieldType::kString, "Only when it was given", false},
          {"Options.CustomTrackPrefix", FieldType::kString, "Only when it was given", false},
          {"Options.CustomTrackMerge", FieldType::kString, "Only when it was given", false},
          {"Options.TrackPrefixDisabled", FieldType::kBoolean,
           "true: tracking links use MFROMDomain"},
          {"CreatedAt", FieldType::kString, "When it was added, UTC, as 2026-01-31 12:00:00"},
          {"MFROMDomain", FieldType::kString, "Host of the return-path, where bounces go"},
          {"TrackingDomain", FieldType::kString, "Host of tracking links"},
          {"VerificationMeta", FieldType::kObject, "What must be in the DNS, and what was found"},
          {"VerificationMeta.DNSRecords", FieldType::kList, "The records to publish"},
          {"VerificationMeta.DKIMKeys", FieldType::kList, "The keys that sign, oldest first"},
      },
      Concat(Under("VerificationMeta.DNSRecords[]", RecordFields()),
             Under("VerificationMeta.DKIMKeys[]", KeyFields())));
}

std::vector<Field> CountFields() {
  return {
      {"APIKeyCount", FieldType::kInteger, "WithCounts: its sender keys", false},
      {"SMTPCount", FieldType::kInteger, "WithCounts: its SMTP credentials", false},
      {"WebhookCount", FieldType::kInteger, "WithCounts: its webhooks", false},
      {"Sent7d", FieldType::kInteger, "WithCounts: recipients accepted today and six days before",
       false},
      {"BounceRate7d", FieldType::kNumber, "WithCounts: bounces in these days, in % of Sent7d",
       false},
      {"LastActivityAt", FieldType::kString,
       "WithCounts: when its last event was, UTC; empty: it has none", false},
  };
}

std::vector<Field> Domain() {
  return Concat({{"Domain", FieldType::kObject, "The sender domain"}},
                Under("Domain", DomainFields()));
}

// `code`: what the Command answers for a label that is not letters, digits and hyphens.
std::vector<Param> HostParams(int code, bool update) {
  return {
      {.name = "Subdomain",
       .help = update ? "Label of the return-path host; empty: back to the gateway's default"
                      : "Label of the return-path host <label>.<domain>, in place of the gateway's "
                        "default; letters, digits and hyphens",
       .invalid_code = code,
       .max_length = 32,
       .empty_is_value = update},
      {.name = "TrackPrefix",
       .help = update ? "Prefix of the tracking host; empty: back to the gateway's default"
                      : "Prefix of the tracking host, in place of the gateway's default; letters, "
                        "digits and hyphens",
       .invalid_code = code,
       .max_length = 32,
       .empty_is_value = update},
      {.name = "TrackMerge",
       .help = update ? "What joins TrackPrefix and Subdomain; empty: back to the gateway's default"
                      : "What joins TrackPrefix and Subdomain: track-sl.example.com or "
                        "track.sl.example.com",
       .invalid_code = code,
       .choices = {"-", "."},
       .empty_is_value = update},
      {.name = "TrackPrefixDisabled",
       .type = ParamType::kFlag,
       .help = "No tracking host of its own: tracking links use the return-path host"},
  };
}

const std::vector<ErrorEntry> kByIdErrors = {
    {1, ErrorKind::kInvalidArgument, "DomainID is missing"},
    {2, ErrorKind::kNotFound, "Domain not found or access denied", Cause::kDomainNotFound},
};

Command Add() {
  std::vector<Param> params = HostParams(4, false);
  params.insert(params.begin(), {.name = "DomainName",
                                 .help = "The domain that From addresses will have",
                                 .required = true,
                                 .missing_code = 1,
                                 .invalid_code = 2,
                                 .max_length = 253});
  return {
      .name = "emailgateway.adddomain",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Add a sender domain",
      .details =
          "The answer lists the DNS records to publish at the domain's DNS provider. Five prove "
          "that the domain is yours and let receivers trust its mail: a CNAME for the return-path "
          "host, so that bounces come back here and SPF aligns; a TXT with the DKIM public key "
          "that checks our signature; an include in the domain's one SPF record (v=spf1), which "
          "names who may send; a DMARC policy at _dmarc, which tells receivers what to do when "
          "neither SPF nor DKIM aligns; and a CNAME for tracking links. Publish them, then call "
          "verifydomain: when all pass, the domain is Enabled and may send. Until then it is "
          "Approval Pending.",
      .permission = "EmailGateway.AddDomain",
      .envelope = Envelope::kLegacyList,
      .finds_every_problem = true,
      .takes_long = true,
      .params = std::move(params),
      .results = Concat({{"NewSenderDomainID", FieldType::kInteger, "Its DomainID"}}, Domain()),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainName is missing"},
                 {2, ErrorKind::kInvalidArgument, "DomainName is not a valid domain name",
                  Cause::kDomainNameInvalid},
                 {3, ErrorKind::kUnprocessable, "The user's limit of sender domains is reached",
                  Cause::kDomainLimitReached},
                 {4, ErrorKind::kInvalidArgument,
                  "Subdomain, TrackPrefix or TrackMerge is not valid", Cause::kHostsInvalid},
                 {5, ErrorKind::kConflict, "DomainName has been added already",
                  Cause::kDomainTaken}},
      .example_request =
          R"({"DomainName": "example.com", "Subdomain": "outbound", "TrackPrefix": "links"})",
      .example_reply = R"({
  "NewSenderDomainID": 123,
  "Domain": {
    "DomainID": 123,
    "SenderDomain": "example.com",
    "Status": "Approval Pending",
    "StatusReason": "",
    "Options": {
      "LinkTracking": 1,
      "OpenTracking": 1,
      "UnsubscribeLink": 0,
      "CustomSubdomain": "outbound",
      "CustomTrackPrefix": "links",
      "TrackPrefixDisabled": false
    },
    "CreatedAt": "2026-01-31 12:00:00",
    "MFROMDomain": "outbound.example.com",
    "TrackingDomain": "links-outbound.example.com",
    "VerificationMeta": {
      "DNSRecords": [
        {
          "Purpose": "MFROM",
          "Host": "outbound.example.com",
          "Type": "CNAME",
          "Value": "mfrom.gateway.example",
          "Status": "unchecked",
          "Found": "",
          "Error": "",
          "LastCheckedAt": "",
          "Required": true
        }
      ],
      "DKIMKeys": [
        {
          "Selector": "eg202601",
          "Algorithm": "rsa-sha256",
          "State": "active",
          "Since": "2026-01-31 12:00:00",
          "GraceEndsAt": ""
        }
      ]
    }
  }
})",
      .example_cli = "egctl adddomain example.com --subdomain outbound --track-prefix links",
  };
}

Command Get() {
  Param by_id = DomainId();
  by_id.required_unless = "DomainName";
  return {
      .name = "emailgateway.getdomain",
      .group = kGroup,
      .summary = "Show a sender domain with its DNS records",
      .details =
          "By DomainID, or by DomainName instead. The records are shown as they were last checked; "
          "verifydomain looks them up again.",
      .permission = kManage,
      .params = {by_id, {.name = "DomainName", .help = "The domain's name, in place of DomainID"}},
      .results = Domain(),
      .errors = kByIdErrors,
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "Domain": {
    "DomainID": 123,
    "SenderDomain": "example.com",
    "Status": "Enabled",
    "StatusReason": "",
    "Options": {"LinkTracking": 1, "OpenTracking": 1, "UnsubscribeLink": 0, "TrackPrefixDisabled": false},
    "CreatedAt": "2026-01-31 12:00:00",
    "MFROMDomain": "sl.example.com",
    "TrackingDomain": "track-sl.example.com",
    "VerificationMeta": {
      "DNSRecords": [
        {
          "Purpose": "SPF",
          "Host": "example.com",
          "Type": "TXT",
          "Value": "v=spf1 include:spf.gateway.example ~all",
          "Status": "pass",
          "Found": "v=spf1 mx include:spf.gateway.example -all",
          "Error": "",
          "LastCheckedAt": "2026-01-31 12:30:00",
          "Required": true
        }
      ],
      "DKIMKeys": [
        {
          "Selector": "eg202601",
          "Algorithm": "rsa-sha256",
          "State": "active",
          "Since": "2026-01-31 12:00:00",
          "GraceEndsAt": ""
        }
      ]
    }
  }
})",
      .example_cli = "egctl getdomain example.com",
  };
}

Command List() {
  return {
      .name = "emailgateway.getdomains",
      .group = kGroup,
      .summary = "List sender domains",
      .details = "All sender domains of the user, oldest first.",
      .permission = kManage,
      .has_large_reply = true,
      .params = {{.name = "WithCounts",
                  .type = ParamType::kFlag,
                  .help = "Add what belongs to each domain and what it did in the last 7 days"}},
      .results = Concat({{"Domains", FieldType::kList, "The sender domains"}},
                        Under("Domains[]", Concat(DomainFields(), CountFields()))),
      .columns = {"DomainID", "SenderDomain", "Status", "MFROMDomain", "TrackingDomain",
                  "CreatedAt"},
      .example_request = "{}",
      .example_reply = R"({
  "Domains": [
    {
      "DomainID": 123,
      "SenderDomain": "example.com",
      "Status": "Enabled",
      "StatusReason": "",
      "Options": {"LinkTracking": 1, "OpenTracking": 1, "UnsubscribeLink": 0, "TrackPrefixDisabled": false},
      "CreatedAt": "2026-01-31 12:00:00",
      "MFROMDomain": "sl.example.com",
      "TrackingDomain": "track-sl.example.com",
      "VerificationMeta": {"DNSRecords": [], "DKIMKeys": []}
    }
  ]
})",
      .example_cli = "egctl getdomains",
  };
}

Command Update() {
  std::vector<Param> params = {
      DomainId(),
      {.name = "LinkTracking", .type = ParamType::kFlag, .help = "Count clicks"},
      {.name = "OpenTracking", .type = ParamType::kFlag, .help = "Count opens"},
      {.name = "UnsubscribeLink",
       .type = ParamType::kFlag,
       .help = "Add List-Unsubscribe headers with one-click unsubscription (RFC 8058)"},
      {.name = "HostingProvider",
       .help = "Where the domain's DNS is hosted: a note for people",
       .max_length = 255,
       .empty_is_value = true},
  };
  for (Param& param : HostParams(6, true)) params.push_back(std::move(param));
  params.push_back({.name = "Status",
                    .help = "Only the admin may change it; mail waits while it is not Enabled",
                    .choices = {"Enabled", "Disabled", "Suspended"}});
  params.push_back({.name = "StatusReason",
                    .help = "Why, for the domain's user to read; admin only. A Status without it "
                            "has none",
                    .max_length = 255,
                    .empty_is_value = true});
  return {
      .name = "emailgateway.updatedomain",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Change a sender domain's settings",
      .details =
          "Only what is given changes. Subdomain, TrackPrefix, TrackMerge and TrackPrefixDisabled "
          "name hosts in the DNS: changing one makes new records, sets the domain back to "
          "Approval Pending and answers SubdomainChanged: true. Publish the new records and call "
          "verifydomain again. The queued mail of a domain that is not Enabled, or of a disabled "
          "user, waits, and goes on within half a minute of the end of that.",
      .permission = kManage,
      .params = std::move(params),
      .results = Concat(Domain(), {{"SubdomainChanged", FieldType::kBoolean,
                                    "true: there are new DNS records to publish"}}),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {5, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound},
                 {6, ErrorKind::kInvalidArgument,
                  "Subdomain, TrackPrefix or TrackMerge is not valid", Cause::kHostsInvalid},
                 {7, ErrorKind::kConflict, "Another user holds this domain Enabled",
                  Cause::kDomainTaken}},
      .example_request =
          R"({"DomainID": 123, "LinkTracking": 1, "OpenTracking": 1, "Subdomain": "outbound", "TrackPrefixDisabled": 1})",
      .example_reply = R"({
  "Domain": {
    "DomainID": 123,
    "SenderDomain": "example.com",
    "Status": "Approval Pending",
    "StatusReason": "",
    "Options": {
      "LinkTracking": 1,
      "OpenTracking": 1,
      "UnsubscribeLink": 0,
      "CustomSubdomain": "outbound",
      "TrackPrefixDisabled": true
    },
    "CreatedAt": "2026-01-31 12:00:00",
    "MFROMDomain": "outbound.example.com",
    "TrackingDomain": "outbound.example.com",
    "VerificationMeta": {"DNSRecords": [], "DKIMKeys": []}
  },
  "SubdomainChanged": true
})",
      .example_cli = "egctl updatedomain example.com --subdomain outbound --track-prefix-disabled",
  };
}

Command Verify() {
  Param domain = DomainId();
  domain.each = true;
  return {
      .name = "emailgateway.verifydomain",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Check a sender domain's DNS records",
      .details =
          "Looks up all records at once and compares meaning, not exact text. A CNAME may differ "
          "in case and in the final dot, and may lead to its target through other aliases. SPF "
          "passes when a receiver that evaluates the domain's one v=spf1 record (RFC 7208) gets to "
          "our include, directly, in another include or by redirect=; whatever makes receivers "
          "answer permerror fails and is named. DKIM compares the key, however it is split into "
          "strings. DMARC passes with any valid policy, that of the organisational domain too. "
          "fail means the record is missing or wrong: publish it as shown, and give the old one's "
          "TTL time to pass. temperror means the DNS did not answer within 5 seconds: try again, "
          "nothing was changed. When all that are required pass, the domain is Enabled; the others "
          "are of DKIM keys in rotation (rotatedkim) and of ed25519 keys. Warnings are about the "
          "gateway's own records.",
      .permission = kManage,
      .takes_long = true,
      .params = {domain},
      .results = Concat(Domain(), {{"DNSVerificationResults", FieldType::kObject,
                                    "By host: type, expected value, whether it passed"},
                                   {"Warnings", FieldType::kList,
                                    "What is wrong with the gateway's own DNS records, which its "
                                    "operator has to mend: sentences"}}),
      .errors = kByIdErrors,
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "Domain": {
    "DomainID": 123,
    "SenderDomain": "example.com",
    "Status": "Enabled",
    "StatusReason": "",
    "Options": {"LinkTracking": 1, "OpenTracking": 1, "UnsubscribeLink": 0, "TrackPrefixDisabled": false},
    "CreatedAt": "2026-01-31 12:00:00",
    "MFROMDomain": "sl.example.com",
    "TrackingDomain": "track-sl.example.com",
    "VerificationMeta": {
      "DNSRecords": [
        {
          "Purpose": "MFROM",
          "Host": "sl.example.com",
          "Type": "CNAME",
          "Value": "mfrom.gateway.example",
          "Status": "pass",
          "Found": "mfrom.gateway.example",
          "Error": "",
          "LastCheckedAt": "2026-01-31 12:30:00",
          "Required": true
        }
      ],
      "DKIMKeys": [
        {
          "Selector": "eg202601",
          "Algorithm": "rsa-sha256",
          "State": "active",
          "Since": "2026-01-31 12:00:00",
          "GraceEndsAt": ""
        }
      ]
    }
  },
  "DNSVerificationResults": {
    "sl.example.com": ["CNAME", "mfrom.gateway.example", true]
  },
  "Warnings": []
})",
      .example_cli = "egctl verifydomain example.com",
      .cli_use = CliUse::kVerify,
      .example_cli_use =
          "egctl verifydomain example.com example.org --wait --timeout 15m --report junit=dns.xml",
  };
}

Command RotateDkim() {
  return {
      .name = "emailgateway.rotatedkim",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Replace a sender domain's DKIM key without a gap",
      .details =
          "Makes a new key with a selector of its own and lists its record among the domain's. "
          "Publish it: the old key keeps signing until then, and the domain's status does not "
          "change. When verifydomain or the background check finds the record (it looks every "
          "minute in the first hour, every quarter of an hour in the first three days, daily from "
          "then on), the new key signs from that moment. The old record must stay published for a "
          "grace period, [dkim] rotation_grace, for mail that is still in transit; after that the "
          "record is no longer listed. While a rotation is pending, calling it again returns that "
          "rotation. With [dkim] ed25519 = true the domain gets a new ed25519 key as well, which "
          "signs beside the other once its own record is found; with false, one that it has "
          "retires.",
      .permission = kManage,
      .takes_long = true,
      .params = {DomainId()},
      .results =
          Concat({{"Selector", FieldType::kString, "Of the new RSA key"},
                  {"State", FieldType::kString,
                   "pending; active, when its record was found at this very moment"},
                  {"AlreadyPending", FieldType::kBoolean, "true: the key is of an earlier call"},
                  {"GraceSeconds", FieldType::kInteger,
                   "How long the old key's record has to stay once the new key signs"},
                  {"DNSRecords", FieldType::kList, "The records to publish now"},
                  {"DKIMKeys", FieldType::kList, "All keys of the domain, oldest first"}},
                 Concat(Under("DNSRecords[]", RecordFields()), Under("DKIMKeys[]", KeyFields()))),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound},
                 {3, ErrorKind::kUnprocessable,
                  "The domain's name is too long for the new record's name to fit in the DNS",
                  Cause::kRotationImpossible}},
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({
  "Selector": "eg202602",
  "State": "pending",
  "AlreadyPending": false,
  "GraceSeconds": 604800,
  "DNSRecords": [
    {
      "Purpose": "DKIM",
      "Host": "eg202602._domainkey.example.com",
      "Type": "TXT",
      "Value": "v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A...",
      "Status": "unchecked",
      "Found": "",
      "Error": "",
      "LastCheckedAt": "",
      "Required": false
    }
  ],
  "DKIMKeys": [
    {
      "Selector": "eg202511",
      "Algorithm": "rsa-sha256",
      "State": "active",
      "Since": "2025-11-30 12:00:00",
      "GraceEndsAt": ""
    },
    {
      "Selector": "eg202602",
      "Algorithm": "rsa-sha256",
      "State": "pending",
      "Since": "2026-02-01 12:00:00",
      "GraceEndsAt": ""
    }
  ]
})",
      .example_cli = "egctl rotatedkim example.com",
  };
}

Command ClearQueue() {
  return {
      .name = "emailgateway.cleardomainqueue",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Discard a sender domain's undelivered mail",
      .details =
          "Queued mail is never sent: each recipient gets a rejected event with the reason \"queue "
          "cleared\". Messages being transmitted right now may still arrive. Mail accepted "
          "afterwards is sent normally. There is no undo.",
      .permission = kManage,
      .params = {DomainId()},
      .results = {{"ClearedCount", FieldType::kInteger, "Recipients discarded"}},
      .errors = kByIdErrors,
      .example_request = R"({"DomainID": 123})",
      .example_reply = R"({"ClearedCount": 42})",
      .example_cli = "egctl cleardomainqueue example.com",
  };
}

Command Delete() {
  return {
      .name = "emailgateway.deletedomain",
      .changes = Changes::kStore,
      .group = kGroup,
      .summary = "Delete a sender domain",
      .details =
          "Deletes its keys, SMTP credentials, webhooks and queued mail with it. Its events are "
          "kept for statistics. There is no undo. Remove its DNS records afterwards: a dangling "
          "CNAME can be taken over.",
      .permission = kManage,
      .params = {DomainId()},
      .errors = kByIdErrors,
      .example_request = R"({"DomainID": 123})",
      .example_reply = "{}",
      .example_cli = "egctl deletedomain example.com",
  };
}

}  // namespace

std::vector<Command> DomainEntries() {
  return {Add(), Get(), List(), Update(), Verify(), RotateDkim(), ClearQueue(), Delete()};
}

}  // namespace egd::catalogue
