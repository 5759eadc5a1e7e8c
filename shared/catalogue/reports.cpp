// What others reported about our mail.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

std::vector<Field> SumFields() {
  return {{"Messages", FieldType::kInteger, "Messages that others saw"},
          {"Passed", FieldType::kInteger, "DKIM or SPF passed and was aligned"},
          {"Failed", FieldType::kInteger, "Neither"},
          {"DKIMAligned", FieldType::kInteger, "DKIM passed and was aligned"},
          {"SPFAligned", FieldType::kInteger, "SPF passed and was aligned"},
          {"Quarantined", FieldType::kInteger, "Put among spam for it"},
          {"Rejected", FieldType::kInteger, "Refused for it"}};
}

std::vector<Field> TlsFields(std::string_view domain) {
  return {{"Domain", FieldType::kString, domain},
          {"Day", FieldType::kString, "UTC"},
          {"Policy", FieldType::kString, "sts, tlsa (DANE) or no-policy-found"},
          {"Successful", FieldType::kInteger, "Sessions with TLS as the policy asks"},
          {"Failed", FieldType::kInteger, "Other sessions"},
          {"Results", FieldType::kList, "Why they failed, most sessions first"},
          {"Results[].Result", FieldType::kString,
           "starttls-not-supported, certificate-expired, ... (RFC 8460 section 4.3)"},
          {"Results[].Host", FieldType::kString, "Mail server, or empty"},
          {"Results[].Sessions", FieldType::kInteger, "How many"}};
}

Command Reports() {
  return {
      .name = "reports",
      .group = "operation",
      .summary = "Show what others reported about our mail",
      .details =
          "Receivers send reports to the addresses of [inbound] reports, when the DNS names them: "
          "DMARC aggregate reports (rua= of a _dmarc record) on mail that says it is from our "
          "domains, and TLS reports (rua= of a _smtp._tls record) on the encryption of mail to "
          "them. DMARC counts each sender domain and day, beside what was delivered by our own "
          "count; Sources, where that mail came from: an address that is not ours and sends much "
          "is a service that was forgotten, or forgery. TLSSeen counts our own connections to "
          "other mail servers, for 35 days. A report counts for the day that it begins "
          "in, once. What is not understood, or not about a domain of ours, is in inbound.list. "
          "Reports are kept as long as events. Anybody can send one: they are not proof.",
      .caller = Caller::kAdmin,
      .has_large_reply = true,
      .params = {{.name = "Domain",
                  .help = "Only about this domain and those below it",
                  .max_length = 253,
                  .by_position = true},
                 {.name = "Kind", .help = "Only such reports", .choices = {"dmarc", "tls"}},
                 {.name = "Since",
                  .type = ParamType::kDay,
                  .help = "First day, UTC; without it, 28 days ago"}},
      .results = Concat(
          Concat({{"Since", FieldType::kString, "First day, UTC"},
                  {"DMARC", FieldType::kList, "A sender domain's days, newest first"},
                  {"DMARC[].Domain", FieldType::kString, "Sender domain"},
                  {"DMARC[].Day", FieldType::kString, "UTC"},
                  {"DMARC[].Reports", FieldType::kInteger, "Reports of it"},
                  {"DMARC[].Delivered", FieldType::kInteger, "Our own count of deliveries"}},
                 Under("DMARC[]", SumFields())),
          Concat(
              Concat({{"DMARC[].FromUs", FieldType::kInteger,
                       "Messages from our addresses: this machine's, and "
                       "gateway.outbound_networks"},
                      {"DMARC[].FromOthers", FieldType::kInteger, "Messages from other addresses"},
                      {"Sources", FieldType::kList, "Where it came from, the 100 largest"},
                      {"Sources[].Domain", FieldType::kString, "Sender domain"},
                      {"Sources[].Source", FieldType::kString,
                       "IP address; empty: several, of a report with very many"},
                      {"Sources[].Ours", FieldType::kBoolean, "It is one of our addresses"}},
                     Under("Sources[]", SumFields())),
              Concat(
                  Concat(
                      Concat(
                          {{"TLS", FieldType::kList, "TLS reports: a domain's days, newest first"},
                           {"TLS[].Reports", FieldType::kInteger, "Reports of it"}},
                          Under("TLS[]", TlsFields("Domain that mail was sent to"))),
                      Concat({{"TLSSeen", FieldType::kList,
                               "Our own connections: a destination's days, newest first; of very "
                               "many the 1000 with most failures"}},
                             Under("TLSSeen[]", TlsFields("Recipient domain")))),
                  {{"Received", FieldType::kList, "The last 100 reports, newest first"},
                   {"Received[].Kind", FieldType::kString, "dmarc or tls"},
                   {"Received[].Organisation", FieldType::kString, "Who reports"},
                   {"Received[].ReportID", FieldType::kString, "Its own ID for it"},
                   {"Received[].Domain", FieldType::kString, "Whose policy it is about"},
                   {"Received[].BeginsAt", FieldType::kString, "UTC"},
                   {"Received[].EndsAt", FieldType::kString, "UTC"},
                   {"Received[].ReceivedAt", FieldType::kString, "UTC"},
                   {"Received[].Messages", FieldType::kInteger,
                    "Of ours; of a TLS report: sessions"}}))),
      .example_request = R"({"Domain": "example.com", "Since": "2026-01-01"})",
      .example_reply = R"({
  "Since": "2026-01-01",
  "DMARC": [
    {
      "Domain": "example.com", "Day": "2026-01-31", "Reports": 1, "Delivered": 1204,
      "Messages": 310, "Passed": 304, "Failed": 6, "DKIMAligned": 304, "SPFAligned": 300,
      "Quarantined": 0, "Rejected": 6, "FromUs": 304, "FromOthers": 6
    }
  ],
  "Sources": [
    {
      "Domain": "example.com", "Source": "192.0.2.1", "Ours": true, "Messages": 304,
      "Passed": 304, "Failed": 0, "DKIMAligned": 304, "SPFAligned": 300, "Quarantined": 0,
      "Rejected": 0
    }
  ],
  "TLS": [
    {
      "Domain": "example.com", "Day": "2026-01-31", "Policy": "sts", "Reports": 1,
      "Successful": 42, "Failed": 1,
      "Results": [
        {"Result": "certificate-expired", "Host": "mx.example.com", "Sessions": 1}
      ]
    }
  ],
  "TLSSeen": [
    {
      "Domain": "example.net", "Day": "2026-01-31", "Policy": "no-policy-found",
      "Successful": 17, "Failed": 0, "Results": []
    }
  ],
  "Received": [
    {
      "Kind": "dmarc", "Organisation": "receiver.example", "ReportID": "2026-01-31-1",
      "Domain": "example.com", "BeginsAt": "2026-01-31 00:00:00",
      "EndsAt": "2026-01-31 23:59:59", "ReceivedAt": "2026-02-01 03:12:00", "Messages": 310
    }
  ]
})",
      .example_cli = "egctl reports example.com --kind dmarc --since 2026-01-01",
  };
}

}  // namespace

std::vector<Command> ReportEntries() {
  return {Reports()};
}

}  // namespace egd::catalogue
