// Whatever comes in, packed or not: what is read is bounded and printable.
#include "daemon/reports/tls_report.h"

#include "daemon/reports/unpack.h"
#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto unpacked = reports::Unpack(fuzz::AsText(data, size));
  if (!unpacked) return 0;
  const auto report = reports::ReadTlsReport(*unpacked);
  if (!report) return 0;
  for (const auto* text : {&report->organisation, &report->report_id, &report->contact}) {
    fuzz::Require(text->size() <= 4 * 255 && !HasControl(*text));
  }
  fuzz::Require(!report->policies.empty() && report->begins_at <= report->ends_at);
  for (const auto& policy : report->policies) {
    fuzz::Require(policy.details.size() <= reports::kMostTlsFailures + 1);
    fuzz::Require(policy.successes >= 0 && policy.failures >= 0);
    for (const auto& failure : policy.details) {
      fuzz::Require(failure.sessions > 0 && !HasControl(failure.result + failure.host));
    }
  }
  return 0;
}
