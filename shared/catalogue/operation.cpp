// Running the gateway.
#include "shared/catalogue/entries.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kGroup = "operation";

Command Backup() {
  return {
      .name = "backup",
      .group = kGroup,
      .summary = "Back up the whole gateway into one file",
      .details =
          "The file holds the database as it was at one instant, the contents of messages, and the "
          "keys; mail is accepted and delivered meanwhile. Whoever has the file has everything: "
          "keep it as the data directory, or encrypt it (FILE \"-\" is standard output). While it "
          "is "
          "made, the data directory needs room for another copy of the database. egctl writes the "
          "file whole or not at all. egd --restore makes a data directory of it.",
      .caller = Caller::kAdmin,
      .takes_long = true,
      .text_type = "application/zstd",
      .reply_file =
          Param{
              .name = "File", .help = "The file to write; - for standard output", .required = true},
      .errors = {{1, ErrorKind::kConflict, "Another backup is being made", Cause::kBackupRunning}},
      .example_request = "{}",
      .example_reply = "\x28\xb5\x2f\xfd",
      .example_cli = "egctl backup /var/backups/egd.tar.zst",
  };
}

Command Retention() {
  return {
      .name = "retention",
      .changes = Changes::kBeyond,
      .group = kGroup,
      .summary = "Delete what has expired, and say what",
      .details =
          "egd does so every minute by itself. This does it now, or with DryRun shows what would "
          "go: "
          "events, with the messages and webhooks' attempts of that time, after "
          "retention.events_days; contents of finished messages after retention.content_days, and "
          "before that, the oldest first, while all contents are more than "
          "retention.content_bytes; and what is kept for a fixed time. Queued mail is never "
          "touched, and statistics stay.",
      .caller = Caller::kAdmin,
      .takes_long = true,
      .params = {{.name = kDryRun, .type = ParamType::kFlag, .help = "Only show it"}},
      .results = {{"DryRun", FieldType::kBoolean, "true: nothing was deleted"},
                  {"Deleted", FieldType::kList, "What went, or would go"},
                  {"Deleted[].Kind", FieldType::kString,
                   "content, event, message, webhook_attempt, inbound_outcome, dialogue, captured, "
                   "inbound, "
                   "idempotency_answer or session"},
                  {"Deleted[].Detail", FieldType::kString, "Which event, else empty"},
                  {"Deleted[].Rule", FieldType::kString,
                   "The option of [retention], or empty for a fixed time"},
                  {"Deleted[].Entries", FieldType::kInteger, "How many"},
                  {"Deleted[].Bytes", FieldType::kInteger, "Of contents and mail, else 0"},
                  {"Deleted[].OldestAt", FieldType::kString, "From when the oldest is, UTC"},
                  {"ContentBytes", FieldType::kInteger, "What all contents have afterwards"}},
      .columns = {"Kind", "Detail", "Rule", "Entries", "Bytes", "OldestAt"},
      .example_request = R"({"DryRun": 1})",
      .example_reply = R"({
  "DryRun": true,
  "Deleted": [
    {
      "Kind": "content", "Detail": "", "Rule": "content_days", "Entries": 812, "Bytes": 10485760,
      "OldestAt": "2026-01-28 11:59:00"
    },
    {
      "Kind": "event", "Detail": "bounce", "Rule": "events_days", "Entries": 17, "Bytes": 0,
      "OldestAt": "2025-11-02 12:00:00"
    }
  ],
  "ContentBytes": 52428800
})",
      .example_cli = "egctl retention --dry-run",
  };
}

Command Status() {
  return {
      .name = "status",
      .group = kGroup,
      .summary = "Show the gateway's state",
      .details =
          "What waits, what is stuck, and what is in trouble: destinations that are down, slow "
          "or "
          "paused, webhooks that fail or were disabled, and domains that cannot send, whose DNS "
          "was wrong at the last check, or whose recipients complained of 0.1 % or more of the "
          "last 28 days' mail; of each at most 100. queue, webhook.deliveries, verifydomain and "
          "domainstats say more.",
      .caller = Caller::kAdmin,
      .results =
          {{"Version", FieldType::kString, "Of egd"},
           {"StartedAt", FieldType::kString, "UTC"},
           {"Ready", FieldType::kBoolean, "Mail can be taken, as /readyz says"},
           {"NotReadyReason", FieldType::kString, "Why not, else empty"},
           {"Queue", FieldType::kObject, "Mail that is not yet delivered"},
           {"Queue.Recipients", FieldType::kInteger, "Queued recipients"},
           {"Queue.OldestAgeSeconds", FieldType::kInteger, "Age of the oldest"},
           {"Queue.ReadyLagSeconds", FieldType::kInteger,
            "For how long the next one has been due; more than a few seconds: egd is behind"},
           {"Queue.InFlight", FieldType::kInteger, "Recipients under way"},
           {"Queue.WaitingWrites", FieldType::kInteger, "Writes that wait for the disk"},
           {"SinceStart", FieldType::kObject, "Recipients' events since egd was started"},
           {"SinceStart.Accepted", FieldType::kInteger, "Taken into the queue"},
           {"SinceStart.Delivered", FieldType::kInteger, "Delivered"},
           {"SinceStart.Deferred", FieldType::kInteger, "Attempts to be repeated"},
           {"SinceStart.Bounced", FieldType::kInteger, "Bounced"},
           {"Disk", FieldType::kObject, "The data directory's"},
           {"Disk.FreeBytes", FieldType::kInteger, "Free"},
           {"Disk.SizeBytes", FieldType::kInteger, "Size of the file system"},
           {"Disk.DatabaseBytes", FieldType::kInteger, "Size of the database"},
           {"Schema", FieldType::kObject, "The database's"},
           {"Schema.Database", FieldType::kInteger, "Number of its last migration"},
           {"Schema.Program", FieldType::kInteger, "Number of the last that this egd knows"},
           {"Lanes", FieldType::kList, "Destinations in trouble"},
           {"Lanes[].Destination", FieldType::kString, "Recipient domain"},
           {"Lanes[].State", FieldType::kString, "down, slow or paused"},
           {"Lanes[].Depth", FieldType::kInteger, "Queued recipients"},
           {"Lanes[].WaitsFor", FieldType::kString, "Why it is down, else empty"},
           {"Lanes[].LastReply", FieldType::kString, "Last reply"},
           {"Webhooks", FieldType::kList, "Webhooks in trouble"},
           {"Webhooks[].WebhookID", FieldType::kInteger, "Its ID"},
           {"Webhooks[].DomainID", FieldType::kInteger, "Of the domain"},
           {"Webhooks[].URL", FieldType::kString, "Target URL"},
           {"Webhooks[].State", FieldType::kString, "failing or disabled"},
           {"Webhooks[].Since", FieldType::kString, "UTC"},
           {"Webhooks[].Reason", FieldType::kString, "Why it was disabled, else empty"},
           {"Domains", FieldType::kList, "Domains in trouble"},
           {"Domains[].DomainID", FieldType::kInteger, "Its ID"},
           {"Domains[].DomainName", FieldType::kString, "Its name"},
           {"Domains[].Status", FieldType::kString, "As getdomain shows it"},
           {"Domains[].FailedChecks", FieldType::kInteger, "Failed checks in a row"},
           {"Domains[].Complained", FieldType::kInteger, "Complaints of the last 28 days"},
           {"Domains[].ComplaintRate", FieldType::kNumber, "Complained of the delivered, in %"},
           {"Domains[].ComplaintLevel", FieldType::kString,
            "ok, warning from 0.1 % on, or critical from 0.3 % on"}},
      .example_request = "{}",
      .example_reply = R"({
  "Version": "0.1.0", "StartedAt": "2024-01-31 13:05:00", "Ready": true, "NotReadyReason": "",
  "Queue": {
    "Recipients": 1042, "OldestAgeSeconds": 318, "ReadyLagSeconds": 0, "InFlight": 12,
    "WaitingWrites": 0
  },
  "SinceStart": {"Accepted": 25310, "Delivered": 24012, "Deferred": 1711, "Bounced": 256},
  "Disk": {"FreeBytes": 71000000000, "SizeBytes": 252000000000, "DatabaseBytes": 104857600},
  "Schema": {"Database": 23, "Program": 23},
  "Lanes": [
    {
      "Destination": "example.org", "State": "down", "Depth": 1042,
      "WaitsFor": "no usable SMTP dialogue with this server",
      "LastReply": "connect: Connection refused"
    }
  ],
  "Webhooks": [
    {
      "WebhookID": 7, "DomainID": 123, "URL": "https://hooks.example.com/egd", "State": "failing",
      "Since": "2024-01-31 12:00:00", "Reason": ""
    }
  ],
  "Domains": [
    {
      "DomainID": 124, "DomainName": "example.net", "Status": "Approval Pending", "FailedChecks": 3,
      "Complained": 0, "ComplaintRate": 0.0, "ComplaintLevel": "ok"
    }
  ]
})",
      .example_cli = "egctl status",
  };
}

}  // namespace

std::vector<Command> OperationEntries() {
  return {Backup(), Retention(), Status()};
}

}  // namespace egd::catalogue
