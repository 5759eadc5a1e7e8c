// Whatever comes in, packed or not: what is read is bounded and printable.
#include "daemon/reports/dmarc_report.h"

#include "daemon/reports/unpack.h"
#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto unpacked = reports::Unpack(fuzz::AsText(data, size));
  if (!unpacked) return 0;
  fuzz::Require(unpacked->size() <= reports::kMostUnpackedBytes);
  const auto report = reports::ReadDmarcReport(*unpacked);
  if (!report) return 0;
  for (const auto* text : {&report->organisation, &report->report_id, &report->domain}) {
    fuzz::Require(!text->empty() && text->size() <= 4 * reports::kMostReportText);
    fuzz::Require(!HasControl(*text));
  }
  fuzz::Require(report->rows.size() <= reports::kMostDmarcRows + 12);  // dispositions and results
  for (const auto& row : report->rows) fuzz::Require(row.messages > 0);
  return 0;
}
