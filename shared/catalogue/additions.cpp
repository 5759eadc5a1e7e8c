// What egctl has beyond the gateway's Commands: commands of its own, and options it adds to some.
#include "shared/catalogue/cli_option.h"

namespace egd::catalogue {
namespace {

CliOption Switch(const char* name, const char* help) {
  return {.names = {name}, .source = OptionSource::kSwitch, .help = help};
}

CliOption Word(const char* name, const char* placeholder, const char* help) {
  return {.names = {name}, .placeholder = placeholder, .help = help};
}

Addition Following() {
  return {.details =
              "With --follow egctl shows the newest events (--retrieve-count, default 10), oldest "
              "first, and then each new one until interrupted, one line each: a row, a JSON text "
              "or CSV. No event is missed and none is repeated. When interrupted it prints the "
              "--after-sequence to continue with.",
          .options = {Switch("--follow", "Keep printing new events as they happen"),
                      Word("--interval", "TIME", "With --follow: how often to ask (default 1s)")}};
}

Addition Verifying() {
  CliOption report = Word("--report", "REPORT",
                          "Also write a report: junit=FILE, sarif=FILE or github; once for each");
  report.repeatable = true;
  return {.details =
              "egctl takes several domains. With --wait it looks again until all records pass, or "
              "until --timeout (default 15m) expires, showing progress meanwhile: redrawn on a "
              "terminal, a line for each change in a log. It exits with 0 when all pass, 6 when "
              "records are missing or wrong, 7 when only the DNS does not answer, and 8 when "
              "--wait timed out. The reports are JUnit XML (a test case a record), SARIF 2.1.0, "
              "and annotations for GitHub Actions on standard error.",
          .options = {Switch("--wait", "Look again until all records pass"),
                      Word("--interval", "TIME",
                           "With --wait: how long between two look-ups (default 10s)"),
                      report}};
}

Addition Importing() {
  return {
      .details =
          "From a file egctl sends 10,000 lines at a time, so that it may be of any size. A line "
          "that is not UTF-8, has a control character, is longer than 64 KiB or has a quote that "
          "does not end is reported like other wrong ones, by its number in the file. When "
          "interrupted (Ctrl-C), or after a failure, it prints the --start-line to continue with.",
      .options = {Word("--start-line", "N",
                       "Start at this line of the file; a header above it still counts")}};
}

Addition Batching() {
  return {.details = "egctl exits with 1 when a message of the batch was refused.", .options = {}};
}

OwnCommand Login() {
  return {.task = OwnTask::kLogin,
          .name = "login",
          .group = "accounts",
          .summary = "Log in and keep the session in a profile",
          .details =
              "Asks for user name and password, and writes the session to the profile (--profile, "
              "else \"default\") in ~/.config/egctl/config.toml, which only its owner can read. "
              "With --api-key-file the key is checked and kept in place of a session.",
          .options = OptionsOf(*Find("user.login")),
          .example = "egctl login --url https://mail.example.com --username jane"};
}

OwnCommand DnsRecords() {
  CliOption format =
      Word("--format", "FORMAT", "How to print them: by default a table on a terminal, else json");
  format.choices = {
      "table",   "bind",      "json", "terraform", "terraform-route53", "terraform-cloudflare",
      "octodns", "dnscontrol"};
  return {
      .task = OwnTask::kDnsRecords,
      .name = "dnsrecords",
      .group = "domains",
      .summary = "Print the DNS records to publish",
      .details =
          "Asks the gateway for the domain (getdomain) and prints its records ready to "
          "publish: bind for a zone file, terraform (or terraform-route53) for Amazon Route 53, "
          "terraform-cloudflare for Cloudflare, octodns for a zone of "
          "its YamlProvider, dnscontrol for dnsconfig.js. Long TXT values are split at 255 "
          "bytes where the format leaves that to its user. A domain must have one SPF record "
          "only: with --merge-spf the one that is published is looked up and ours is joined "
          "to it; look-ups are counted through the includes. It exits with 6 when there are two or "
          "the one is malformed, and with 7 when the DNS does not answer.",
      .argument = "domain",
      .argument_help = "The sender domain, by name or DomainID",
      .options =
          {format, Switch("--merge-spf", "Join the SPF record with the published one"),
           Word("--existing-spf", "TEXT", "Join it with this one, without a look-up"),
           Word("--dns-server", "ADDRESS",
                "With --merge-spf: ask this name server (192.0.2.1[:port], [2001:db8::1]:port)"),
           Word("--zone", "NAME", "The zone they go to, when it is a parent domain"),
           Word("--ttl", "N", "Seconds that others may keep a record (default 3600)")},
      .example = "egctl dnsrecords example.com --format bind --merge-spf >> example.com.zone"};
}

OwnCommand Listening() {
  return {.task = OwnTask::kListen,
          .name = "webhook.listen",
          .group = "webhooks",
          .summary = "Post a domain's new events to a local URL",
          .details =
              "Follows the event log and posts each event of the domain as a webhook would, signed "
              "with the domain's key (getwebhooks), so that a developer needs no tunnel. Prints "
              "what the URL answers; an event is posted once, whatever the answer. On SIGINT it "
              "ends and prints where to continue.",
          .argument = "domain",
          .argument_help = "The sender domain, by name or DomainID",
          .options = {Word("--forward", "URL", "Where to post them: http://localhost:3000/hook"),
                      Word("--after-sequence", "N",
                           "Start after this event; by default with the next that happens"),
                      Word("--interval", "TIME", "How often to look (default 1s)")},
          .example = "egctl webhook.listen example.com --forward http://localhost:3000/hook"};
}

}  // namespace

const Addition* AdditionTo(const Command& command) {
  static const Addition verifying = Verifying(), following = Following(), importing = Importing(),
                        batching = Batching();
  switch (command.cli_use) {
    case CliUse::kCall:
      return nullptr;
    case CliUse::kVerify:
      return &verifying;
    case CliUse::kFollow:
      return &following;
    case CliUse::kImport:
      return &importing;
    case CliUse::kBatch:
      return &batching;
  }
  return nullptr;
}

const Param* ImportedParam(const Command& command) {
  if (command.cli_use != CliUse::kImport) return nullptr;
  for (const Param& param : command.params) {
    if (param.file_form != FileForm::kOne) return &param;
  }
  return nullptr;
}

const std::vector<OwnCommand>& OwnCommands() {
  static const std::vector<OwnCommand> commands = {DnsRecords(), Login(), Listening()};
  return commands;
}

}  // namespace egd::catalogue
