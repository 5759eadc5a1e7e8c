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
      .text_type = "application/zstd",
      .reply_file =
          Param{
              .name = "File", .help = "The file to write; - for standard output", .required = true},
      .errors = {{1, ErrorKind::kConflict, "Another backup is being made"}},
      .example_request = "{}",
      .example_reply = "\x28\xb5\x2f\xfd",
      .example_cli = "egctl backup /var/backups/egd.tar.zst",
  };
}

}  // namespace

std::vector<Command> OperationEntries() {
  return {Backup()};
}

}  // namespace egd::catalogue
