// Statistics over days (UTC, both ends included), from rollups: they cost days, not events.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "statistics";
constexpr std::string_view kManage = "EmailGateway.ManageDomain";

Param StartDate() {
  return {.name = "StartDate",
          .type = ParamType::kDay,
          .help = "First day; 28 days before EndDate when it is not given"};
}

Param EndDate() {
  return {
      .name = "EndDate", .type = ParamType::kDay, .help = "Last day; today when it is not given"};
}

const std::vector<ErrorEntry> kDomainErrors = {
    {1, ErrorKind::kInvalidArgument, "DomainID is missing"},
    {2, ErrorKind::kNotFound, "Domain not found or access denied", Cause::kDomainNotFound},
};

// A domain may be named or not: then the caller's domains all count.
Param OptionalDomainId() {
  Param domain = DomainId();
  domain.required = false;
  domain.help = "One sender domain; all of the user's when it is not given";
  return domain;
}

std::vector<Field> Counts() {
  return {{"Sent", FieldType::kInteger, "Recipients accepted"},
          {"Delivered", FieldType::kInteger, "Recipients whose server took the message"},
          {"Bounced", FieldType::kInteger, "Recipients that bounced"},
          {"Opened", FieldType::kInteger, "Opens by people"},
          {"Clicked", FieldType::kInteger, "Clicks by people"},
          {"OpenedAutomated", FieldType::kInteger, "Opens by scanners, proxies and previews"},
          {"ClickedAutomated", FieldType::kInteger, "Clicks by scanners and previews"}};
}

std::vector<Field> CountsAndRates() {
  return Concat(Counts(), {{"DeliveredRate", FieldType::kNumber, "Delivered of Sent, in %"},
                           {"BouncedRate", FieldType::kNumber, "Bounced of Sent, in %"},
                           {"OpenedRate", FieldType::kNumber, "Opened of Delivered, in %"},
                           {"ClickedRate", FieldType::kNumber, "Clicked of Delivered, in %"}});
}

std::vector<Field> CountsAndComplaints() {
  return Concat(Counts(),
                {{"Complained", FieldType::kInteger, "Complaints that were reported back"},
                 {"ComplaintRate", FieldType::kNumber, "Complained of Delivered, in %"},
                 {"ComplaintLevel", FieldType::kString,
                  "ok, warning from 0.1 % on, or critical from 0.3 % on"}});
}

Command DomainStats() {
  return {
      .name = "emailgateway.domainstats",
      .group = kGroup,
      .summary = "Count what happened to a domain's messages",
      .details =
          "ComparisonStats holds the same counts for the period of equal length before, "
          "TagStats for each of the 100 busiest tags. Gmail and Yahoo want complaints below 0.1 % "
          "of what is delivered, and treat the mail of a domain that reaches 0.3 % worse; Gmail "
          "reports none back: see its Postmaster Tools.",
      .permission = kManage,
      .params = {DomainId(), StartDate(), EndDate()},
      .results = Concat(
          Concat(Concat({{"Stats", FieldType::kObject, "The counts"}},
                        Under("Stats", CountsAndComplaints())),
                 Concat({{"ComparisonStats", FieldType::kObject, "Periods to compare with"},
                         {"ComparisonStats.PreviousPeriod", FieldType::kObject, "The one before"}},
                        Under("ComparisonStats.PreviousPeriod", CountsAndComplaints()))),
          {{"TagStats", FieldType::kObject, "The counts by tag"}}),
      .errors = kDomainErrors,
      .example_request = R"({"DomainID": 123, "StartDate": "2024-01-01", "EndDate": "2024-01-31"})",
      .example_reply = R"({
  "Stats": {"Sent": 1000, "Delivered": 950, "Bounced": 50, "Opened": 400, "Clicked": 150, "OpenedAutomated": 0, "ClickedAutomated": 0, "Complained": 1, "ComplaintRate": 0.11, "ComplaintLevel": "warning"},
  "ComparisonStats": {
    "PreviousPeriod": {"Sent": 800, "Delivered": 760, "Bounced": 40, "Opened": 300, "Clicked": 100, "OpenedAutomated": 0, "ClickedAutomated": 0, "Complained": 0, "ComplaintRate": 0.0, "ComplaintLevel": "ok"}
  },
  "TagStats": {
    "campaign1": {"Sent": 500, "Delivered": 475, "Bounced": 25, "Opened": 200, "Clicked": 75, "OpenedAutomated": 0, "ClickedAutomated": 0, "Complained": 0, "ComplaintRate": 0.0, "ComplaintLevel": "ok"}
  }
})",
      .example_cli = "egctl domainstats example.com --start-date 2024-01-01 --end-date 2024-01-31",
  };
}

Command AccountStats() {
  return {
      .name = "emailgateway.accountstats",
      .group = kGroup,
      .summary = "Count what happened to the messages of all domains",
      .details =
          "ComparisonTotals holds the same for the period of equal length before. Deleted domains "
          "count as long as they have events in the period.",
      .permission = kManage,
      .params = {StartDate(),
                 EndDate(),
                 {.name = "DomainIDs",
                  .type = ParamType::kStringList,
                  .help = "Only these sender domains, separated by commas"}},
      .results =
          Concat(Concat(Concat({{"Totals", FieldType::kObject, "Of all domains"}},
                               Under("Totals", CountsAndRates())),
                        Concat({{"ComparisonTotals", FieldType::kObject, "Of the period before"}},
                               Under("ComparisonTotals", CountsAndRates()))),
                 Concat({{"PerDomain", FieldType::kList, "Of each domain"},
                         {"PerDomain[].DomainID", FieldType::kInteger, "The domain"},
                         {"PerDomain[].SenderDomain", FieldType::kString, "Its name"}},
                        Under("PerDomain[]", CountsAndRates()))),
      .errors = {{2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"StartDate": "2024-01-01", "EndDate": "2024-01-31"})",
      .example_reply = R"({
  "Totals": {
    "Sent": 1000, "Delivered": 950, "Bounced": 50, "Opened": 400, "Clicked": 150, "OpenedAutomated": 0, "ClickedAutomated": 0,
    "DeliveredRate": 95.0, "BouncedRate": 5.0, "OpenedRate": 42.11, "ClickedRate": 15.79
  },
  "ComparisonTotals": {
    "Sent": 0, "Delivered": 0, "Bounced": 0, "Opened": 0, "Clicked": 0, "OpenedAutomated": 0, "ClickedAutomated": 0,
    "DeliveredRate": 0.0, "BouncedRate": 0.0, "OpenedRate": 0.0, "ClickedRate": 0.0
  },
  "PerDomain": [
    {
      "DomainID": 123, "SenderDomain": "example.com",
      "Sent": 1000, "Delivered": 950, "Bounced": 50, "Opened": 400, "Clicked": 150, "OpenedAutomated": 0, "ClickedAutomated": 0,
      "DeliveredRate": 95.0, "BouncedRate": 5.0, "OpenedRate": 42.11, "ClickedRate": 15.79
    }
  ]
})",
      .example_cli = "egctl accountstats --start-date 2024-01-01 --end-date 2024-01-31",
  };
}

Command DailySeries() {
  return {
      .name = "emailgateway.dailyseries",
      .group = kGroup,
      .summary = "Count what happened on each day",
      .details = "Every day of the period is listed, including those on which nothing happened.",
      .permission = kManage,
      .params = {OptionalDomainId(), StartDate(), EndDate()},
      .results = {{"Series", FieldType::kObject,
                   "By day, as 2024-01-31: Sent, Bounced, Opened, Clicked, OpenedAutomated and "
                   "ClickedAutomated"}},
      .errors = {{2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({"StartDate": "2024-01-01", "EndDate": "2024-01-02"})",
      .example_reply = R"({
  "Series": {
    "2024-01-01": {"Sent": 10, "Bounced": 1, "Opened": 4, "Clicked": 2, "OpenedAutomated": 0, "ClickedAutomated": 0},
    "2024-01-02": {"Sent": 0, "Bounced": 0, "Opened": 1, "Clicked": 0, "OpenedAutomated": 0, "ClickedAutomated": 0}
  }
})",
      .example_cli = "egctl dailyseries --domain-id example.com --start-date 2024-01-01",
  };
}

Command AggregateEvents() {
  return {
      .name = "emailgateway.aggrevents",
      .group = kGroup,
      .summary = "Count a domain's events by one of their fields",
      .details =
          "The largest first. A day is written as 2024-01-31, an hour as 2024-01-31 13:00, a "
          "message by its MessageID. Without dates, all events count.",
      .permission = kManage,
      .params = {DomainId(),
                 {.name = "StartDate", .type = ParamType::kDay, .help = "First day"},
                 {.name = "EndDate", .type = ParamType::kDay, .help = "Last day"},
                 {.name = "AggregatedField",
                  .help = "What to count by",
                  .default_text = "event",
                  .choices = {"event", "recipient-domain", "tag", "smtp-code", "mx-host", "link",
                              "day", "hour", "message-id"}},
                 {.name = "AggregateSize",
                  .type = ParamType::kInteger,
                  .help = "How many values at most",
                  .default_text = "10",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = {{"AggBuckets", FieldType::kList, "The values, largest first"},
                  {"AggBuckets[].key", FieldType::kString, "The field's value"},
                  {"AggBuckets[].doc_count", FieldType::kInteger, "Events with it"}},
      .errors = kDomainErrors,
      .example_request = R"({"DomainID": 123, "StartDate": "2024-01-01", "EndDate": "2024-01-31"})",
      .example_reply = R"({
  "AggBuckets": [
    {"key": "delivery", "doc_count": 1000},
    {"key": "bounce", "doc_count": 50}
  ]
})",
      .example_cli = "egctl aggrevents example.com --aggregated-field mx-host",
  };
}

std::vector<Field> SpeedHistogram(std::string_view outcome) {
  const std::string path = "DeliverySpeedHistogram." + std::string(outcome);
  return {{path, FieldType::kList, "By time from acceptance to outcome"},
          {path + "[].DeliveryBucket", FieldType::kString, "< 1s, 1-5s, ... > 10m"},
          {path + "[].EmailCount", FieldType::kInteger, "Recipients"},
          {path + "[].Percentage", FieldType::kNumber, "Of all, in %"}};
}

Command RecipientDomainStats() {
  return {
      .name = "emailgateway.recipientdomainstats",
      .group = kGroup,
      .summary = "Show how fast one recipient domain accepts mail",
      .details =
          "Counted over all sender domains of the user. The times run from acceptance to the "
          "outcome.",
      .permission = kManage,
      .params = {DomainId(),
                 {.name = "RecipientToDomain",
                  .help = "Recipient domain, as gmail.com",
                  .required = true,
                  .missing_code = 1,
                  .max_length = 253},
                 StartDate(),
                 EndDate()},
      .results =
          Concat({{"SummaryStats", FieldType::kList, "One entry for Sent, one for Failed"},
                  {"SummaryStats[].Status", FieldType::kString, "Sent or Failed"},
                  {"SummaryStats[].TotalEmails", FieldType::kInteger, "Recipients"},
                  {"SummaryStats[].AvgDeliverySeconds", FieldType::kNumber, "Mean time"},
                  {"SummaryStats[].MinDeliverySeconds", FieldType::kInteger, "Shortest time"},
                  {"SummaryStats[].MaxDeliverySeconds", FieldType::kInteger, "Longest time"},
                  {"DeliverySpeedHistogram", FieldType::kObject, "Times in classes"}},
                 Concat(SpeedHistogram("Sent"), SpeedHistogram("Failed"))),
      .errors = {{1, ErrorKind::kInvalidArgument, "DomainID or RecipientToDomain is missing"},
                 {2, ErrorKind::kNotFound, "Domain not found or access denied",
                  Cause::kDomainNotFound}},
      .example_request = R"({
  "DomainID": 123,
  "RecipientToDomain": "gmail.com",
  "StartDate": "2026-01-01",
  "EndDate": "2026-02-11"
})",
      .example_reply = R"({
  "SummaryStats": [
    {
      "Status": "Sent", "TotalEmails": 1523,
      "AvgDeliverySeconds": 4.32, "MinDeliverySeconds": 0, "MaxDeliverySeconds": 187
    }
  ],
  "DeliverySpeedHistogram": {
    "Sent": [{"DeliveryBucket": "< 1s", "EmailCount": 312, "Percentage": 20.49}],
    "Failed": [{"DeliveryBucket": "1-5s", "EmailCount": 30, "Percentage": 71.43}]
  }
})",
      .example_cli = "egctl recipientdomainstats example.com gmail.com",
  };
}

Command ListRecipientDomains() {
  return {
      .name = "emailgateway.listrecipientdomains",
      .group = kGroup,
      .summary = "List the recipient domains a sender domain sends to",
      .details = "The busiest first.",
      .permission = kManage,
      .has_large_reply = true,
      .params = {DomainId(),
                 StartDate(),
                 EndDate(),
                 {.name = "Limit",
                  .type = ParamType::kInteger,
                  .help = "How many at most",
                  .default_text = "100",
                  .minimum = 1,
                  .maximum = 1000}},
      .results = {{"RecipientDomains", FieldType::kList, "By Sent, largest first"},
                  {"RecipientDomains[].Domain", FieldType::kString, "Recipient domain"},
                  {"RecipientDomains[].Sent", FieldType::kInteger, "Recipients delivered to"},
                  {"RecipientDomains[].Failed", FieldType::kInteger, "Recipients that bounced"},
                  {"RecipientDomains[].Sending", FieldType::kInteger, "Recipients in the queue"},
                  {"RecipientDomains[].AvgDeliverySec", FieldType::kNumber, "Mean time"},
                  {"RecipientDomains[].MinDeliverySec", FieldType::kInteger, "Shortest time"},
                  {"RecipientDomains[].MaxDeliverySec", FieldType::kInteger, "Longest time"}},
      .errors = kDomainErrors,
      .example_request = R"({"DomainID": 123, "Limit": 10})",
      .example_reply = R"({
  "RecipientDomains": [
    {
      "Domain": "gmail.com", "Sent": 1523, "Failed": 42, "Sending": 3,
      "AvgDeliverySec": 4.32, "MinDeliverySec": 0, "MaxDeliverySec": 187
    }
  ]
})",
      .example_cli = "egctl listrecipientdomains example.com --limit 10",
  };
}

}  // namespace

std::vector<Command> StatisticsEntries() {
  return {DomainStats(),     AccountStats(),         DailySeries(),
          AggregateEvents(), RecipientDomainStats(), ListRecipientDomains()};
}

}  // namespace egd::catalogue
