// The views of the Commands that people look at most.
#include <algorithm>

#include "shared/catalogue/view.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kRecordStatus = "Domain.VerificationMeta.DNSRecords[].Status";
constexpr Condition kSomeFail{kRecordStatus, "fail"};
constexpr Condition kSomeUnchecked{kRecordStatus, "unchecked"};
constexpr Condition kSomeUnanswered{kRecordStatus, "temperror"};

ViewSection Advice(std::string_view text, Condition when = {}) {
  return {.shape = Shape::kAdvice, .text = text, .when = when};
}

ViewSection DomainHeadline() {
  return {.shape = Shape::kHeadline,
          .path = "Domain",
          .fields = {{"SenderDomain"}, {"Status"}, {"StatusReason"}}};
}

ViewSection DnsRecords() {
  return {.shape = Shape::kRecords,
          .title = "DNS records",
          .path = "Domain.VerificationMeta.DNSRecords"};
}

View DomainView() {
  return {
      DomainHeadline(),
      {.shape = Shape::kValues,
       .path = "Domain",
       .fields = {{"DomainID"},
                  {"CreatedAt", "Added"},
                  {"MFROMDomain", "Return-path"},
                  {"TrackingDomain", "Tracking host"},
                  {"Options.LinkTracking", "Links tracked", Look::kSwitch},
                  {"Options.OpenTracking", "Opens tracked", Look::kSwitch},
                  {"Options.UnsubscribeLink", "Unsubscribe link", Look::kSwitch},
                  {"Options.HostingProvider", "DNS provider"}}},
      DnsRecords(),
      {.shape = Shape::kTable,
       .title = "DKIM keys",
       .path = "Domain.VerificationMeta.DKIMKeys",
       .fields = {{"Selector"}, {"State"}, {"Algorithm"}, {"Since"}, {"GraceEndsAt", "Ends"}}},
      Advice("To publish, whole: egctl dnsrecords {Domain.SenderDomain}", kSomeUnchecked),
      Advice("Then look them up: egctl verifydomain {Domain.SenderDomain} --wait", kSomeUnchecked),
      Advice("What to publish, whole: egctl dnsrecords {Domain.SenderDomain}", kSomeFail),
      Advice("Then look again: egctl verifydomain {Domain.SenderDomain} --wait", kSomeFail)};
}

View VerifyView() {
  return {DomainHeadline(), DnsRecords(),
          Advice("What to publish, whole: egctl dnsrecords {Domain.SenderDomain}", kSomeFail),
          Advice("Then look again: egctl verifydomain {Domain.SenderDomain} --wait", kSomeFail),
          Advice("Name servers that do not answer are no verdict. Look again later: egctl "
                 "verifydomain {Domain.SenderDomain}",
                 kSomeUnanswered)};
}

View DomainsView() {
  return {{.shape = Shape::kTable,
           .path = "Domains",
           .fields = {{"SenderDomain", "Domain"},
                      {"Status"},
                      {"DomainID", "ID"},
                      {"Sent7d", "Sent in 7 d"},
                      {"BounceRate7d", "Bounced"},
                      {"APIKeyCount", "Keys"},
                      {"SMTPCount", "SMTP"},
                      {"WebhookCount", "Webhooks"},
                      {"LastActivityAt", "Last event"},
                      {"CreatedAt", "Added"}},
           .text = "No sender domains. Add one: egctl adddomain example.com"}};
}

View ExplainView() {
  return {{.shape = Shape::kHeadline, .fields = {{"Subject"}}},
          {.shape = Shape::kValues,
           .fields = {{"From"},
                      {"MessageID"},
                      {"AcceptedAt"},
                      {"SendAt", "To be sent"},
                      {"ExpiresAt", "Expires"},
                      {"Test"}}},
          {.shape = Shape::kTimeline,
           .title = "Timeline",
           .path = "Timeline",
           .details = {{"smtp_response", "reply"},
                       {"reason", "why"},
                       {"mx_host", "server"},
                       {"tls", "TLS"},
                       {"attempt", "attempt"},
                       {"delivery_ms", "took"},
                       {"Source", "source"},
                       {"ReportingServer", "reported by"},
                       {"URL", "link"},
                       {"AutomatedReason", "automated"},
                       {"UserAgent", "with"}},
           .text = "No events."},
          {.shape = Shape::kBlocks,
           .title = "Recipients",
           .path = "Recipients",
           .fields = {{"Recipient"},
                      {"State"},
                      {"Attempts"},
                      {"NextAttemptAt", "Next attempt"},
                      {"WaitsFor", "Waits for"},
                      {"WaitsUntil", "Until"},
                      {"SMTPResponse", "Reply"},
                      {"Reason"},
                      {"MXHost"},
                      {"TLS"},
                      {"BounceClass"},
                      {"Rule"},
                      {"Dialogue", "Last dialogue"}}}};
}

View QueueView() {
  return {
      {.shape = Shape::kTable,
       .path = "Lanes",
       .fields = {{"Destination"},
                  {"State"},
                  {"Depth", "Recipients"},
                  {"OldestAgeSeconds", "Oldest"},
                  {"Connections"}},
       .details = {{"WaitsFor", "waits for"}, {"DownUntil", "until"}, {"LastReply", "last reply"}},
       .order = {"State", "Depth"},
       .text = "The queue is empty."}};
}

View EventsView() {
  return {{.shape = Shape::kTable,
           .title = "Events",
           .path = "Events",
           .fields = {{"timestamp", "Time"},
                      {"event", "", Look::kVerdict},
                      {"recipient"},
                      {"message.headers.subject"},
                      {.path = "smtp_response", .title = "Detail", .instead = "URL"}},
           .text = "No events."}};
}

View PublicEventsView() {
  return {{.shape = Shape::kTable,
           .title = "Events",
           .path = "Events",
           .fields = {{"LoggedAt", "Time"},
                      {"Event", "", Look::kVerdict},
                      {"Recipient"},
                      {"Message.Headers.Subject"},
                      {.path = "SMTPResponse", .title = "Detail", .instead = "URL"}},
           .text = "No events."}};
}

View StatusView() {
  return {{.shape = Shape::kHeadline,
           .fields = {{"Version", "egd"}, {"Ready", "ready"}, {"NotReadyReason"}}},
          {.shape = Shape::kValues, .fields = {{"StartedAt"}}},
          {.shape = Shape::kValues,
           .title = "Queue",
           .path = "Queue",
           .fields = {{"Recipients"},
                      {"OldestAgeSeconds", "Oldest"},
                      {"ReadyLagSeconds", "Behind"},
                      {"InFlight", "Under way"},
                      {"WaitingWrites"}}},
          {.shape = Shape::kValues,
           .title = "Since the start",
           .path = "SinceStart",
           .fields = {{"Accepted"}, {"Delivered"}, {"Deferred"}, {"Bounced"}}},
          {.shape = Shape::kValues,
           .title = "Disk",
           .path = "Disk",
           .fields = {{"FreeBytes"}, {"SizeBytes"}, {"DatabaseBytes"}}},
          {.shape = Shape::kTable,
           .title = "Destinations in trouble",
           .path = "Lanes",
           .fields = {{"Destination"}, {"State"}, {"Depth", "Recipients"}},
           .details = {{"WaitsFor", "waits for"}, {"LastReply", "last reply"}},
           .order = {"State", "Depth"}},
          {.shape = Shape::kTable,
           .title = "Webhooks in trouble",
           .path = "Webhooks",
           .fields = {{"WebhookID"}, {"State"}, {"Since"}, {"URL"}},
           .details = {{"Reason", "why"}}},
          {.shape = Shape::kTable,
           .title = "Domains in trouble",
           .path = "Domains",
           .fields = {{"DomainName", "Domain"},
                      {"Status"},
                      {"FailedChecks"},
                      {"ComplaintRate", "Complaints"},
                      {"ComplaintLevel", "Level"}}}};
}

std::vector<ViewField> Figures() {
  return {{"Sent"},
          {"Delivered", "", Look::kByName, "Sent"},
          {"Bounced", "", Look::kByName, "Sent"},
          {"Opened", "", Look::kByName, "Delivered"},
          {"Clicked", "", Look::kByName, "Delivered"},
          {"OpenedAutomated", "Opened by machines"},
          {"ClickedAutomated", "Clicked by machines"}};
}

std::vector<ViewField> FiguresAndComplaints() {
  std::vector<ViewField> figures = Figures();
  figures.push_back({"Complained", "", Look::kByName, "Delivered"});
  return figures;
}

std::vector<ViewField> FigureColumns() {
  return {{"Sent"}, {"Delivered"}, {"Bounced"}, {"Opened"}, {"Clicked"}};
}

View DomainStatsView() {
  return {{.shape = Shape::kComparison,
           .path = "Stats",
           .fields = FiguresAndComplaints(),
           .compared = "ComparisonStats.PreviousPeriod"},
          {.shape = Shape::kTable,
           .title = "Tags",
           .path = "TagStats",
           .fields = FigureColumns(),
           .order = {"Sent"},
           .key_title = "Tag",
           .bar = "Sent"}};
}

View AccountStatsView() {
  std::vector<ViewField> columns = FigureColumns();
  columns.insert(columns.begin(), {"SenderDomain", "Domain"});
  return {{.shape = Shape::kComparison,
           .path = "Totals",
           .fields = Figures(),
           .compared = "ComparisonTotals"},
          {.shape = Shape::kTable,
           .title = "Domains",
           .path = "PerDomain",
           .fields = columns,
           .order = {"Sent"},
           .bar = "Sent"}};
}

View DailySeriesView() {
  return {{.shape = Shape::kTable,
           .path = "Series",
           .fields = {{"Sent"}, {"Bounced"}, {"Opened"}, {"Clicked"}},
           .key_title = "Day",
           .bar = "Sent"}};
}

View EmailView() {
  return {{.shape = Shape::kHeadline, .fields = {{"Message.Headers.Subject"}}},
          {.shape = Shape::kValues,
           .fields = {{"Message.Headers.From"},
                      {"Message.Headers.To"},
                      {"Message.ID", "Message ID"},
                      {"AcceptedAt"},
                      {"SendAt", "To be sent"},
                      {"ExpiresAt", "Expires"},
                      {"Tags"},
                      {"Test"}}},
          {.shape = Shape::kTable,
           .title = "Recipients",
           .path = "Recipients",
           .fields = {{"Recipient"},
                      {"State"},
                      {"Attempts"},
                      {"LoggedAt", "Last event"},
                      {"NextAttemptAt", "Next attempt"}},
           .details = {{"SMTPResponse", "reply"},
                       {"Reason", "why"},
                       {"MXHost", "server"},
                       {"ReportingServer", "reported by"}},
           .order = {"State"}}};
}

View SenderKeyView() {
  return {{.shape = Shape::kHeadline,
           .path = "APIKey",
           .fields = {{"APIKeyID", "Sender key"}, {"Description"}, {"Test", "test"}}},
          {.shape = Shape::kSecret,
           .path = "APIKey.APIKey",
           .text = "Whoever has it sends as this domain. Keep it secret."},
          Advice("To see it again: egctl getapis {APIKey.DomainID}")};
}

View UserKeyView() {
  return {{.shape = Shape::kHeadline, .fields = {{"APIKeyID", "User key"}}},
          {.shape = Shape::kSecret,
           .path = "APIKey",
           .text = "It is shown this once. Store it now, and keep it secret."}};
}

// `fields`: beside ID, description and password.
View SmtpView(const std::vector<ViewField>& fields) {
  return {{.shape = Shape::kHeadline,
           .path = "SMTP",
           .fields = {{"SMTPID", "SMTP credentials"}, {"Description"}, {"Test", "test"}}},
          {.shape = Shape::kValues, .path = "SMTP", .fields = fields},
          {.shape = Shape::kSecret,
           .title = "Password",
           .path = "SMTP.SMTPPassword",
           .text = "It is shown this once. Store it now, and keep it secret."}};
}

View NewSmtpView() {
  return SmtpView({{"SMTPHost", "Server"}, {"SMTPPorts", "Ports"}, {"SMTPUsername", "User name"}});
}

View DeliveriesView() {
  return {{.shape = Shape::kHeadline, .fields = {{"PendingCount", "Events that wait:"}}},
          {.shape = Shape::kTable,
           .title = "Deliveries",
           .path = "Deliveries",
           .fields = {{"At", "Time"},
                      {"Result"},
                      {"Status", "HTTP", Look::kText},
                      {"LatencyMs", "Took"},
                      {"Attempt"},
                      {"Sequence", "Event"},
                      {"NextAttemptAt", "Next attempt"}},
           .details = {{"Error", "why"}, {"Response", "answer"}},
           .text = "No deliveries."}};
}

View InboundView() {
  return {
      {.shape = Shape::kTable,
       .title = "Mail that came back",
       .path = "Inbound",
       .fields = {{"InboundID", "ID"}, {"ReceivedAt"}, {"Kind"}, {"Client", "From"}, {"Subject"}},
       .details = {{"Recipient", "to"}, {"Result", "result", Look::kText}},
       .text = "No mail came back."},
      {.shape = Shape::kTable,
       .title = "Taught rules",
       .path = "Rules",
       .fields = {{"Phrase"}, {"Verdict", "", Look::kText}, {"CreatedAt"}}}};
}

View SessionsView() {
  return {{.shape = Shape::kTable,
           .title = "Refused SMTP sessions",
           .path = "Sessions",
           .fields = {{"At", "Time"},
                      {"ClientAddress", "Client"},
                      {"ClientName", "Name"},
                      {"Username", "User name"},
                      {"TLS"}},
           .details = {{"Reason", "refused"}, {"Remedy", "remedy"}, {"Dialogue", "dialogue"}},
           .text = "No session was refused."}};
}

struct Row {
  std::string_view command;  // by its name in egctl
  View view;
};

const std::vector<Row>& Views() {
  static const std::vector<Row> views = {
      {"accountstats", AccountStatsView()},
      {"addapi", SenderKeyView()},
      {"adddomain", DomainView()},
      {"addsmtp", NewSmtpView()},
      {"dailyseries", DailySeriesView()},
      {"domainstats", DomainStatsView()},
      {"explain", ExplainView()},
      {"getdomain", DomainView()},
      {"getdomains", DomainsView()},
      {"getemail", EmailView()},
      {"getevents", EventsView()},
      {"getevents.public", PublicEventsView()},
      {"inbound.list", InboundView()},
      {"queue", QueueView()},
      {"replaceapi", SenderKeyView()},
      {"resetsmtppassword", SmtpView({{"SMTPUsername", "User name"}})},
      {"smtpsessions", SessionsView()},
      {"status", StatusView()},
      {"updatedomain", DomainView()},
      {"user.apikey.create", UserKeyView()},
      {"verifydomain", VerifyView()},
      {"webhook.deliveries", DeliveriesView()}};
  return views;
}

}  // namespace

const View& TopView() {
  static const View view = {
      {.shape = Shape::kHeadline,
       .fields = {{"Version", "egd"}, {"Ready", "ready"}, {"NotReadyReason"}}},
      {.shape = Shape::kHeadline,
       .path = "Queue",
       .fields = {{"Recipients", "waiting"},
                  {"OldestAgeSeconds", "oldest"},
                  {"InFlight", "under way"},
                  {"ReadyLagSeconds", "behind"}}},
      {.shape = Shape::kHeadline,
       .path = "Rates",
       .fields = {{"Accepted", "accepted", Look::kPerSecond},
                  {"Delivered", "delivered", Look::kPerSecond},
                  {"Deferred", "deferred", Look::kPerSecond},
                  {"Bounced", "bounced", Look::kPerSecond}}},
      {.shape = Shape::kTable,
       .path = "Lanes",
       .fields = {{"Destination"},
                  {"State"},
                  {"Depth", "Recipients"},
                  {"OldestAgeSeconds", "Oldest"},
                  {"Connections"},
                  {"LastReply"}},
       .order = {"State", "Depth"},
       .text = "The queue is empty."}};
  return view;
}

const View* ViewOf(const Command& command) {
  const auto row = std::ranges::find(Views(), command.CliName(), &Row::command);
  return row == Views().end() ? nullptr : &row->view;
}

}  // namespace egd::catalogue
