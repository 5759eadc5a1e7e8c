// Whatever comes back, a notice is bounded and printable, and a bounce says of somebody why.
#include "daemon/mime/dsn_reader.h"

#include "shared/base/strings.h"
#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const mime::Notice notice = mime::ReadNotice(fuzz::AsText(data, size));
  fuzz::Require((notice.kind == mime::NoticeKind::kBounce) == !notice.recipients.empty());
  fuzz::Require(notice.recipients.size() <= mime::Notice::kMostRecipients);
  fuzz::Require(!HasControl(notice.reporting_mta));
  for (const mime::FailedRecipient& recipient : notice.recipients) {
    fuzz::Require(!recipient.reason.empty());
    fuzz::Require(recipient.response.size() <= mime::FailedRecipient::kMostResponse);
    fuzz::Require(IsUtf8(recipient.response) && !HasControl(recipient.response));
    fuzz::Require(recipient.code == 0 || (recipient.code >= 400 && recipient.code < 600));
  }
  return 0;
}
