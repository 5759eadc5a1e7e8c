// Help as plain text, at most 80 columns wide, rendered from the catalogue. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/command.h"

namespace egd::catalogue {

// `egctl --help`: what it is, every Command by group, the options all have.
std::string Overview();
// `egctl <command> --help`: usage, arguments, answer, errors and an example.
std::string HelpOf(const Command& command);
std::string HelpOf(const OwnCommand& command);

// Where the Command is found over HTTP, one sentence.
std::string OverHttp(const Command& command);

// `text` in lines of at most `width` columns, each but the first after `indent` spaces. Words are
// kept whole; ends without a line feed.
std::string Wrap(std::string_view text, size_t width, size_t indent);

}  // namespace egd::catalogue
