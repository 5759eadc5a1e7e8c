// What egctl has beyond the gateway's Commands: commands of its own, and options it adds to some.
#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/doctor_checks.h"

namespace egd::catalogue {
namespace {

CliOption Switch(const char* name, const char* help) {
  return {.names = {name}, .source = OptionSource::kSwitch, .help = help};
}

CliOption Word(const char* name, const char* placeholder, const char* help) {
  return {.names = {name}, .placeholder = placeholder, .help = help};
}

CliOption DocumentFormat(const char* help) {
  CliOption format = Word("--format", "FORMAT", help);
  format.choices = {"toml", "yaml", "json"};
  return format;
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
  return {
      .details =
          "egctl takes several domains. With --wait it looks again until all records pass, or "
          "until --timeout (default 15m) expires, showing progress meanwhile: redrawn on a "
          "terminal, a line for each change in a log. It exits with 0 when all pass, 6 when "
          "records are missing or wrong, 7 when only the DNS does not answer, and 8 when "
          "--wait timed out. The reports are JUnit XML (a test case a record), SARIF 2.1.0, "
          "and annotations for GitHub Actions on standard error.\n"
          "With --all it verifies every domain there is, several at once, and a table has a line "
          "a domain with the records that do not pass. It exits with the worst of them: 6, else "
          "7, else 0.\n"
          "With --authoritative egctl also asks each domain's own name servers, from this "
          "machine, for the records that do not pass. Where they say something else than the "
          "gateway found, the record has AuthoritativeValue, AuthoritativeTTL (seconds) and "
          "AuthoritativeServer: a record that is published already needs only time, until the "
          "resolvers' old answers expire.",
      .options = {Switch("--all", "Every domain, in place of <domain>"),
                  Switch("--wait", "Look again until all records pass"),
                  Word("--interval", "TIME",
                       "With --wait: how long between two look-ups (default 10s)"),
                  Switch("--authoritative", "Also ask the domains' own name servers"),
                  Word("--dns-server", "ADDRESS",
                       "With --authoritative: find them through this name server "
                       "(192.0.2.1[:port], [2001:db8::1]:port), and ask them at its port"),
                  report},
      .example = "egctl verifydomain --all --report junit=dns.xml"};
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
  return {
      .details =
          "egctl exits with 1 when a message of the batch was refused.\n"
          "With a file egctl runs many Commands instead, of any kind, over one connection and in "
          "the "
          "order of its lines. A line is a JSON object: Command, with the API's name, and the "
          "parameters; a DomainID may be a domain's name, and UserID stands for --as-user. Nothing "
          "is run unless every line can be: one that is no JSON object, or names a Command or "
          "parameter that there is not, is refused with its number. The result is a line of JSON "
          "each: Line, Command, ExitStatus (as of egctl), and Answer, or Errors with Code and "
          "Message. egctl stops at the first that fails, and exits with its status; a gateway that "
          "is too busy is asked again. When interrupted it prints the --start-line to continue "
          "with.\n"
          "A new domain's DKIM key takes 0.1 s of CPU to make. The daemon makes some ahead, when "
          "it "
          "has nothing else to do: set dkim.ready_keys before a batch that adds many domains.",
      .options = {Switch("--keep-going", "Run the other lines too when one fails"),
                  Word("--start-line", "N", "Start at this line of the file")},
      .argument = "file",
      .argument_help =
          "Commands to run, a JSON object a line; - for standard input. A JSON list in its place "
          "is "
          "the messages",
      .example = "egctl batch commands.jsonl --keep-going > results.jsonl"};
}

Addition Judging() {
  return {.details = "egctl exits with 10 when a rule fails.", .options = {}};
}

Addition Waiting() {
  CliOption outcome =
      Word("--wait-for", "OUTCOME",
           "Wait until every recipient's mail server has taken the message, or not");
  outcome.choices = {"delivery"};
  return {.details =
              "With --wait-for delivery egctl waits until every recipient has an outcome, or until "
              "--timeout (default 2m) expires, and prints the message as getemail does. It exits "
              "with 0 when all are delivered, 10 when one bounced, was refused or cancelled, or "
              "was suppressed, and 8 when it timed out; the message stays in the queue then. "
              "Progress is on standard error.",
          .options = {outcome, Word("--interval", "TIME",
                                    "With --wait-for: how often to look (default 1s)")}};
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
          "the one is malformed, and with 7 when the DNS does not answer.\n"
          "With --check it prints nothing to publish, but whether a zone file has it, before the "
          "file "
          "is published: a verdict a record, as of verifydomain. It exits with 6 when a required "
          "record is missing or wrong, and with 2 when no name server would load the file, with "
          "the "
          "line. Names that are not in the file's zone are not looked up.",
      .argument = "domain",
      .argument_help = "The sender domain, by name or DomainID",
      .options =
          {format,
           Switch("--merge-spf", "Join the SPF record with the published one"),
           Word("--existing-spf", "TEXT", "Join it with this one, without a look-up"),
           Word("--dns-server", "ADDRESS",
                "With --merge-spf: ask this name server (192.0.2.1[:port], [2001:db8::1]:port)"),
           {.names = {"--check"},
            .source = OptionSource::kFile,
            .placeholder = "FILE",
            .help = "Check this zone file; - for standard input"},
           Word("--zone", "NAME", "The zone they go to, when it is a parent domain"),
           Word("--ttl", "N", "Seconds that others may keep a record (default 3600)")},
      .example = "egctl dnsrecords example.com --format bind --merge-spf >> example.com.zone"};
}

OwnCommand Doctor() {
  CliOption skip = Word("--skip", "CHECK", "Leave this check out; once for each");
  skip.repeatable = true;
  OwnCommand doctor{
      .task = OwnTask::kDoctor,
      .name = "doctor",
      .group = "operation",
      .summary = "Find what is wrong with this machine and its configuration",
      .details =
          "Looks at the configuration, files, ports, the running daemon and the DNS, and prints "
          "each finding with its remedy. It exits with 0, or with 10 when it found something. "
          "What cannot be looked at is not checked, with the reason, and no finding. Only the "
          "configured resolvers and egd on this machine are asked, unless --online or --blocklists "
          "is given. Run it as root, or as the user that egd runs as. --fix corrects modes and "
          "owners of files, and looks again.",
      .options =
          {{.names = {"--config"},
            .source = OptionSource::kFile,
            .placeholder = "FILE",
            .help = "Configuration file (default /etc/egd/egd.toml, when it is there)"},
           Switch("--fix", "Correct what can be corrected safely: modes and owners of files"),
           skip,
           Switch("--online", "Also connect to a mail server on port 25, or to the smarthost"),
           Switch("--blocklists", "Also look the sending addresses up in blocklists"),
           Word("--address", "IP",
                "The address that mail leaves from (default: those of the HELO name)"),
           {.names = {"--backup"},
            .source = OptionSource::kFile,
            .placeholder = "PATH",
            .help = "The newest backup, or the directory with the backups"},
           {.names = {"--unit"},
            .source = OptionSource::kFile,
            .placeholder = "FILE",
            .help = "The installed systemd unit (default: egd.service where systemd looks)"}},
      .example = "egctl doctor --fix",
      .terms_title = "Checks"};
  for (const DoctorCheck& check : DoctorChecks()) {
    doctor.terms.push_back({check.name, check.looks_at});
  }
  return doctor;
}

OwnCommand Listening() {
  return {
      .task = OwnTask::kListen,
      .name = "webhook.listen",
      .group = "webhooks",
      .summary = "Post a domain's new events to a local URL",
      .details =
          "Follows the event log and posts each event of the domain as a webhook would, signed "
          "with the domain's key (getwebhooks), so that a developer needs no tunnel. Prints "
          "what the URL answers; an event is posted once, whatever the answer. A gateway that is "
          "away, restarts or has too much to do is waited for, and no event is missed. What "
          "webhook.replay delivers again is posted again too. On SIGINT "
          "it ends and prints the --since to continue with.",
      .argument = "domain",
      .argument_help = "The sender domain, by name or DomainID",
      .options = {Word("--forward", "URL", "Where to post them: http://localhost:3000/hook"),
                  {.names = {"--since", "--after-sequence"},
                   .placeholder = "SEQUENCE",
                   .help = "Start after this event; by default with the next that happens"},
                  Word("--interval", "TIME", "How often to look (default 1s)")},
      .example = "egctl webhook.listen example.com --forward http://localhost:3000/hook"};
}

OwnCommand CommandsList() {
  return {
      .task = OwnTask::kCommands,
      .name = "commands",
      .group = "operation",
      .summary = "List every command, for people and for other tools",
      .details =
          "On a terminal a table of names. As JSON all that is known of each Command: its name, "
          "who may call it, parameters with their types, limits and defaults, egctl's options, "
          "the fields of its answer, its errors with HTTP and exit statuses, and an example; and "
          "egctl's own commands and exit statuses. Asks no gateway.",
      .example = "egctl commands -o json | jq -r '.Commands[].Name'"};
}

OwnCommand Apply() {
  return {
      .task = OwnTask::kApply,
      .name = "apply",
      .group = "accounts",
      .summary = "Make the gateway as a file describes it",
      .details =
          "The file lists users, domains, templates, lists and suppressions, in TOML, YAML or "
          "JSON; "
          "egctl export prints one. What is missing is created and what differs is changed; what "
          "the file does not say is left alone, a setting that it does not name too. Applying a "
          "file twice changes nothing. It stops at the first error: what was done until then is "
          "kept, and the next run goes on.\n"
          "With --plan it only shows what would change. With --expect-no-changes it does the same, "
          "and exits with 10 when there is something. On a terminal the plan is a text; else the "
          "result is JSON, and the plan goes to standard error.\n"
          "With --prune it also deletes what the file does not list: API keys, SMTP credentials "
          "and webhooks of the domains in the file, and templates, lists (with their subscribers) "
          "and suppressions entered by hand of the users that it names, each only where the file "
          "has that key, as in templates = []. Users and domains are never deleted: the plan says "
          "which ones the file does not list. Suppressions by bounces, complaints and "
          "unsubscribing stay.\n"
          "A secret that is made goes into a new file that only its owner can read, below "
          "--secrets-dir, and nowhere else. A new user's password is read from password_file, or "
          "made. A user's key applies that user's own things; users, and things of others "
          "(user = \"NAME\"), are the admin's.\n"
          "users have username, email_address, first_name, last_name, company_name, "
          "account_status, reputation_level, verified, max_sender_domains, monthly_send_limit, "
          "send_rate_per_minute, permissions and password_file.\n"
          "domains have name, user, status, status_reason, options (link_tracking, open_tracking, "
          "unsubscribe_link, hosting_provider, subdomain, track_prefix, track_merge, "
          "track_prefix_disabled), api_keys and smtp_credentials (each with a description, and "
          "test = true for test ones), and "
          "webhooks (event, url).\n"
          "templates have name, user, subject, content_type, html_content or html_file, and "
          "plain_content or plain_file. lists have name and user. Files are named relative to "
          "FILE.\n"
          "suppressions are addresses, or tables of address, user, source and reason, of which the "
          "address alone is compared.",
      .options = {{.names = {"--file", "-f"},
                   .source = OptionSource::kFile,
                   .placeholder = "FILE",
                   .help = "What to apply; - for standard input"},
                  Switch("--plan", "Only show what would change"),
                  Switch("--prune", "Also delete what the file does not list"),
                  Switch("--expect-no-changes",
                         "Change nothing; exit with 10 when something would change"),
                  Word("--secrets-dir", "DIR",
                       "Where the files of new secrets go (default: secrets, beside FILE)"),
                  DocumentFormat("What FILE is (default: by its name, else by its content)")},
      .example = "egctl apply -f gateway.toml --plan"};
}

OwnCommand Export() {
  return {.task = OwnTask::kExport,
          .name = "export",
          .group = "accounts",
          .summary = "Print what there is, as apply takes it",
          .details =
              "Prints the users, domains, API keys, SMTP credentials, webhooks, templates, lists "
              "and suppressions of the gateway, or those of one user when a user's key or "
              "--as-user is given. Applying the output changes nothing. No secret is in it: on "
              "another gateway apply makes new ones. Subscribers of lists, and suppressions that "
              "concern one list or bulk mail only, are not part of it.",
          .options = {DocumentFormat("How to print it (default toml); -o does the same")},
          .example = "egctl export > gateway.toml"};
}

OwnCommand Top() {
  return {.task = OwnTask::kTop,
          .name = "top",
          .group = "operation",
          .summary = "Watch the queue and the rates, live",
          .details =
              "Shows what waits by destination, worst first, how many recipients a second are "
              "accepted, delivered, deferred and bounced, and each destination's last reply, as "
              "status and queue say. On a terminal it fills the screen until q or Ctrl-C; else it "
              "prints a JSON object a line, or with -o yaml a document, for each interval.",
          .options = {Word("--interval", "TIME", "How often to look (default 1s)"),
                      Word("--count", "N", "End after this many intervals"),
                      Word("--limit", "N", "Show the N deepest destinations (default 50)")},
          .example = "egctl top -o json --count 10"};
}

}  // namespace

const Addition* AdditionTo(const Command& command) {
  static const Addition verifying = Verifying(), following = Following(), importing = Importing(),
                        batching = Batching(), judging = Judging(), waiting = Waiting();
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
    case CliUse::kJudge:
      return &judging;
    case CliUse::kWait:
      return &waiting;
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
  static const std::vector<OwnCommand> commands = {Apply(),  CommandsList(), DnsRecords(), Doctor(),
                                                   Export(), Login(),        Listening(),  Top()};
  return commands;
}

}  // namespace egd::catalogue
