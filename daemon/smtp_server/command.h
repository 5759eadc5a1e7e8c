// What an SMTP client asks for: verbs, paths and parameters (RFC 5321 section 4.1, RFC 1870, 4954,
// 6152, 6531). Pure, no I/O; believes nothing: a line may hold any bytes.
//
// A strict reader keeps to the grammar. A lenient one, for clients that have authenticated, also
// takes what old and home-made clients send: space after the colon, a path without its brackets,
// space around an address, parameters nobody knows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::smtp_server {

enum class Verb {
  kHelo,
  kEhlo,
  kMail,
  kRcpt,
  kData,
  kBdat,
  kRset,
  kNoop,
  kQuit,
  kVrfy,
  kExpn,
  kHelp,
  kAuth,
  kStartTls,
  kHttp,  // not SMTP at all: a web browser, or somebody who makes it post here
  kUnknown,
};

struct Command {
  Verb verb = Verb::kUnknown;
  std::string_view word;      // as written
  std::string_view argument;  // without the space around it
};

// `line` without its end; the views point into it.
Command ParseCommand(std::string_view line);

struct PathArgument {
  std::string path;  // without brackets and source route; empty: <>
  struct Parameter {
    std::string keyword;  // upper case
    std::string value;
  };
  std::vector<Parameter> parameters;
};

// The argument of MAIL (`keyword` "FROM") or RCPT ("TO"). Nothing when it is not one.
std::optional<PathArgument> ParsePath(std::string_view argument, std::string_view keyword,
                                      bool lenient);

struct MailParameters {
  uint64_t size = 0;  // declared; 0: not
  bool smtputf8 = false;
};
// Nothing, and the reply in `problem` ("501 5.5.4 …"), for one that is malformed, repeated or not
// offered.
std::optional<MailParameters> ReadMailParameters(const PathArgument& argument, bool lenient,
                                                 std::string& problem);
bool CheckRcptParameters(const PathArgument& argument, bool lenient, std::string& problem);

struct BdatArgument {
  uint64_t size = 0;
  bool last = false;
};
std::optional<BdatArgument> ParseBdat(std::string_view argument);  // RFC 3030 section 2

}  // namespace egd::smtp_server
