// How a Command is given on egctl's command line: the one rule behind its arguments, help, man
// pages and completions. Pure, thread-safe.
//
// A parameter DomainName is the option --domain-name. Required parameters may be given by position,
// in the order of their declaration. Texts and secrets may come from a file, a secret from nowhere
// else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/catalogue/command.h"

namespace egd::catalogue {

enum class OptionSource {
  kValue,             // the word after it
  kSwitch,            // no word: true; --no-… and =no are false
  kFile,              // the content of the file named after it; "-" is standard input
  kAttachment,        // the file, as an attachment
  kInlineAttachment,  // the same, shown in the HTML body as cid:<file name>
  kBodyFile,          // as kFile, for HTMLContent or PlainContent, whichever ContentType says
  kIdempotencyKey,    // the header of that name
};

struct CliOption {
  std::vector<std::string> names;  // "--to"; the first is the one shown, short ones ("-o") follow
  OptionSource source = OptionSource::kValue;
  std::string placeholder = {};  // "FILE"; empty: takes no value
  std::string help = {};
  std::vector<std::string_view> choices = {};
  bool repeatable = false;
  const Param* param = nullptr;  // null: egctl's own

  // The word after it is the name of a file.
  bool TakesFile() const;
};

// The options of a Command: of its parameters, in the order of the declaration, then what egctl
// adds. Points into `command`.
std::vector<CliOption> OptionsOf(const Command& command);
// Options every Command has: where the gateway is, with what key, how to print.
const std::vector<CliOption>& GlobalOptions();

// "DomainName" to "domain-name", "APIKeyID" to "api-key-id".
std::string KebabCase(std::string_view name);

// Whether the name of a command may be written as words, "queue pause" for queue.pause: it has a
// dot, and what stands before one is no command that takes an argument ("getwebhooks public").
bool IsWrittenAsWords(std::string_view cli_name);

// What may be given by position: the required parameters that a command line may show.
std::vector<const Param*> PositionalsOf(const Command& command);

// Whether what stands by position is the name of a file that holds the parameter ("-": standard
// input): a required text of any octets, as a mail is.
bool IsFileByPosition(const Param& param);

// What egctl gives, on a terminal, for a required parameter that is left out; empty: it has to be
// given.
std::string_view CliDefault(const Param& param);
// Whether what stands by position may be left out.
bool IsOptional(const Param& param);

// How usage lines call it: "domain-name".
std::string ArgumentName(const Param& param);
// Whether it may be given several times, by position as the last.
bool TakesMany(const Param& param);

// What may be given to the parameter, in words: "default 5; 1 to 100"; empty when there is nothing
// to say.
std::string Limits(const Param& param);
std::string Limits(const std::vector<std::string_view>& choices);

// Whether the parameter takes a sender domain's name in place of its ID.
bool IsDomainId(const Param& param);

struct Group {
  std::string_view name, title;
};
// In the order they are shown.
const std::vector<Group>& Groups();

// A Command that only egctl has.
enum class OwnTask { kApply, kCommands, kDnsRecords, kDoctor, kExport, kListen, kLogin, kTop };
struct OwnCommand {
  struct Term {
    std::string_view name, text;
  };
  OwnTask task;
  std::string_view name, group, summary, details;      // details: a paragraph a line
  std::string_view argument = {}, argument_help = {};  // by position: "domain"; empty: none
  std::vector<CliOption> options = {};                 // besides the global ones
  std::string_view example = {};
  std::string_view terms_title = {};  // "Checks"
  std::vector<Term> terms = {};       // a list of its own in help and man page; empty: none
};
const std::vector<OwnCommand>& OwnCommands();

// What egctl adds to a Command of the gateway: options of its own, with what they do.
struct Addition {
  std::string_view details;  // a paragraph a line
  std::vector<CliOption> options;
  // By position, in place of the Command's own; empty: nothing.
  std::string_view argument = {}, argument_help = {};
  std::string_view example = {};
};
// By its cli_use; null when that adds nothing.
const Addition* AdditionTo(const Command& command);
// The parameter whose file is sent in parts; null when there is none.
const Param* ImportedParam(const Command& command);

}  // namespace egd::catalogue
