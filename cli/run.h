// egctl from its arguments to its exit status.
#pragma once

#include "cli/console.h"

namespace egd::cli {

int Run(Console& console);

// The commands that only egctl has. `arguments`: without the command's name.
int Login(Console& console, const std::vector<std::string>& arguments);
// What a domain has to publish, for name servers and DNS tools.
int DnsRecords(Console& console, const std::vector<std::string>& arguments);
// What Commands there are, for other tools.
int Commands(Console& console, const std::vector<std::string>& arguments);
// What is wrong with this machine and its configuration.
int Doctor(Console& console, const std::vector<std::string>& arguments);
// Posts a domain's new events to a local URL.
int Listen(Console& console, const std::vector<std::string>& arguments);
// Shows the queue and the rates, again and again.
int Top(Console& console, const std::vector<std::string>& arguments);
// Makes the gateway as a file describes it, or shows what that would change.
int Apply(Console& console, const std::vector<std::string>& arguments);
// Prints what there is as such a file.
int Export(Console& console, const std::vector<std::string>& arguments);
// Values of the word that is being typed, for the shells' completions, shown in no help.
// `arguments`: the command line until there, the last one perhaps only begun. Silent and quick
// whatever happens.
int Complete(Console& console, const std::vector<std::string>& arguments);
// Writes man pages and completions below the directory named: for the source tree, shown in no
// help.
int Generate(Console& console, const std::vector<std::string>& arguments);

}  // namespace egd::cli
