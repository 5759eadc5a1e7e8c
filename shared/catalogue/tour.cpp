// The tour that egctl(1) begins with. tests/functional/test_tour.py walks it, line for line.
#include <string>
#include <string_view>

#include "shared/base/strings.h"
#include "shared/catalogue/man_text.h"

namespace egd::catalogue {
namespace {

struct Step {
  std::string_view text, lines;
};

constexpr Step kSteps[] = {
    {"From nothing to the first delivered mail and its webhook, on the machine that egd runs on, "
     "where root needs no key. Add the domain you send from; the answer lists the DNS records to "
     "publish.",
     "egctl adddomain example.com"},
    {"Publish them, here as lines of a zone file. Terraform, octoDNS and others can be had, too.",
     "egctl dnsrecords example.com --format bind > records.zone"},
    {"Wait until they are seen: then the domain is enabled.",
     "egctl verifydomain example.com --wait --timeout 15m"},
    {"Make a key for the application, into a file that others cannot read.",
     "umask 077\n"
     "egctl addapi 'my application' example.com --field APIKey.APIKey > sender.key"},
    {"Have each delivery posted to you, signed with the key that egctl getwebhooks shows.",
     "egctl addwebhook example.com delivery https://hooks.example.com/egd"},
    {"Send, and wait for what becomes of it: exit status 0 means delivered.",
     "egctl sendemail --api-key-file sender.key --subject Hello \\\n"
     "  --from me@example.com --to you@example.net --plain-content 'It works.' \\\n"
     "  --wait-for delivery --timeout 2m"},
    {"See what happened, newest first, and what was posted.",
     "egctl getevents example.com 0 10\n"
     "egctl webhook.deliveries 1"},
};

}  // namespace

std::string Tour() {
  std::string page = ".Sh TOUR\n";
  for (const Step& step : kSteps) {
    page += Text(step.text) + ".Bd -literal -offset indent\n";
    for (const std::string_view line : Split(step.lines, '\n')) page += Literal(line) + "\n";
    page += ".Ed\n.Pp\n";
  }
  return page + Text(
                    "An application posts to /api/v1/email, or submits over SMTP: see egd-api(7) "
                    "and egctl-addsmtp(1).");
}

}  // namespace egd::catalogue
