// The text of a delivery notice, read as mail systems write it: which addresses it is about, what
// it says of each, where the returned message begins.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/mime/bounce_reason.h"
#include "daemon/mime/report.h"

namespace egd::mime {

// The first e-mail address in a text, without brackets or quotes around it; empty: none.
std::string FirstAddress(std::string_view text);
int FindReplyCode(std::string_view text);       // 400 to 599, the first that stands alone; 0: none
std::string FindStatus(std::string_view text);  // "5.1.1", the first; empty: none
BounceStage StageIn(std::string_view text);     // which command the words say was answered
std::string_view FromReply(std::string_view text);  // what begins with a reply code; else all
std::string OneLine(std::string_view text);  // printable, bounded (FailedRecipient::kMostResponse)

// A view of a Report, which must outlive it.
class NoticeText {
 public:
  explicit NoticeText(const Report& report);

  std::string_view Notice() const { return notice_; }  // up to the returned message
  // The addresses it says have failed, in order, each once.
  std::vector<std::string> Recipients() const;
  // What it says of one of them: its own paragraph, or the whole notice where there is none.
  std::string About(std::string_view address) const;
  bool HasReply() const;  // a line that begins with a server's refusal

 private:
  std::string_view notice_;
  std::vector<std::string_view> lines_;
};

}  // namespace egd::mime
