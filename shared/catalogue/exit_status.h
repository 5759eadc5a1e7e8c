// What egctl exits with (contract section 9): stable, for scripts. An ErrorKind has its own in
// shared/base/error.h.
#pragma once

#include <string_view>

namespace egd::catalogue {

constexpr int kExitDone = 0;
constexpr int kExitRefused = 1;
constexpr int kExitUsage = 2;
constexpr int kExitUnreachable = 3;
constexpr int kExitDenied = 4;
constexpr int kExitNotFound = 5;
constexpr int kExitDnsWrong = 6;
constexpr int kExitDnsTemporary = 7;
constexpr int kExitTimedOut = 8;
constexpr int kExitRateLimited = 9;
constexpr int kExitDiffers = 10;

struct ExitStatus {
  int code;
  std::string_view meaning;
};
constexpr ExitStatus kExitStatuses[] = {
    {kExitDone, "Done."},
    {kExitRefused, "The gateway refused; its ErrorCode is on standard error."},
    {kExitUsage, "The command line is wrong; nothing was sent."},
    {kExitUnreachable, "The daemon cannot be reached, or is too busy."},
    {kExitDenied, "Not authenticated, or not permitted."},
    {kExitNotFound, "Not found, or not yours."},
    {kExitDnsWrong, "DNS records are missing or wrong."},
    {kExitDnsTemporary, "The DNS does not answer; try again later."},
    {kExitTimedOut, "Timed out waiting."},
    {kExitRateLimited, "Too many requests; try again later."},
    {kExitDiffers,
     "What is there differs from what was asked for: apply would change something, doctor or "
     "checkbulk found something, or --wait-for saw another outcome."},
};

}  // namespace egd::catalogue
