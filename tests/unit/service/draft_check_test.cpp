#include "daemon/service/sending/draft_check.h"

#include <catch2/catch.hpp>

namespace egd::service {
namespace {

using enum SendProblem;

core::Draft GoodDraft() {
  core::Draft draft;
  draft.from = {"Shop", "shop@example.com"};
  draft.to = {{"Jane", "jane@example.net"}};
  draft.subject = "Hello";
  draft.plain = "Hello";
  return draft;
}

std::vector<SendProblem> Problems(core::Draft draft, DraftLimits limits = {}) {
  std::vector<SendProblem> problems;
  for (const auto& refusal : CheckDraft(draft, limits)) problems.push_back(refusal.problem);
  return problems;
}

using List = std::vector<SendProblem>;

}  // namespace

TEST_CASE("a good draft passes, its addresses in the house's form") {
  core::Draft draft = GoodDraft();
  draft.to = {{"", "Jane@EXAMPLE.net"}, {"", "jörg@bücher.example"}};
  CHECK(CheckDraft(draft, {}).empty());
  CHECK(draft.to[0].email == "Jane@example.net");
  CHECK(draft.to[1].email == "jörg@xn--bcher-kva.example");
}

TEST_CASE("each parameter has its own problem, which names the entry") {
  core::Draft draft = GoodDraft();
  draft.from.email = "nobody";
  draft.to = {{"", "a@example.net"}, {"", "b@"}};
  draft.cc = {{"", ""}};
  draft.bcc = {{"", "c@example.net"}, {"", "d d@example.net"}};
  draft.reply_to = {{"", "e@example.net"}, {"", ""}};
  core::Draft copy = draft;
  CHECK(Problems(draft) ==
        List{kFromInvalid, kToInvalid, kCcMissing, kBccInvalid, kReplyToMissing});
  const SendRefusals refusals = CheckDraft(copy, {});
  CHECK(refusals[1].text ==
        "To[1].email is not a valid e-mail address: it has nothing after the @");
  CHECK(refusals[2].text == "CC[0].email is missing");
  draft = GoodDraft();
  draft.from.email = "";
  CHECK(Problems(draft) == List{kFromMissing});
}

TEST_CASE("addresses cannot smuggle anything") {
  for (const std::string address :
       {"a@example.net\r\nRCPT TO:<b@example.net>", "a@example.net>", "<a@example.net>",
        "a@example.net, b@example.net", "a\0@example.net", "a@[127.0.0.1]", "a@localhost"}) {
    core::Draft draft = GoodDraft();
    draft.to[0].email = address;
    INFO(address);
    CHECK(Problems(draft) == List{kToInvalid});
  }
}

TEST_CASE("recipients are counted") {
  DraftLimits limits;
  limits.max_recipients = 3;
  core::Draft draft = GoodDraft();
  draft.cc = {{"", "b@example.net"}};
  draft.bcc = {{"", "c@example.net"}};
  CHECK(Problems(draft, limits).empty());
  draft.cc.push_back({"", "d@example.net"});
  CHECK(Problems(draft, limits) == List{kTooManyRecipients});
  draft.bcc.resize(4, {"", "c@example.net"});
  CHECK(Problems(draft, limits) == List{kTooManyBcc});
  draft = GoodDraft();
  draft.to.clear();
  CHECK(Problems(draft) == List{kNoRecipients});
  draft = GoodDraft();
  draft.reply_to.resize(11, {"", "e@example.net"});
  CHECK(Problems(draft) == List{kTooManyReplyTo});
}

TEST_CASE("fields that the gateway writes itself are forbidden, others pass") {
  for (const std::string name : {"From",         "to",
                                 "CC",           "Bcc",
                                 "Subject",      "DATE",
                                 "Message-ID",   "DKIM-Signature",
                                 "Return-Path",  "Received",
                                 "MIME-Version", "Mime-Anything",
                                 "Content-Type", "content-whatever",
                                 "Sender",       "Reply-To",
                                 "Resent-From",  "",
                                 "X Y",          "X:",
                                 "X\r\nBcc",     "X-\xc3\xa9"}) {
    core::Draft draft = GoodDraft();
    draft.headers = {{name, "x"}};
    INFO(name);
    CHECK(Problems(draft) == List{kHeaderForbidden});
  }
  core::Draft draft = GoodDraft();
  draft.headers = {{"X-Campaign", "spring"},
                   {"List-Unsubscribe", "<mailto:x@example.com>"},
                   {"References", "<a@b>"},
                   {"X-Name", "Grüße"}};
  CHECK(Problems(draft).empty());
  draft.unsubscribe_link = true;
  CHECK(Problems(draft) == List{kHeaderForbidden});
  draft = GoodDraft();
  draft.headers = {{"X-Bad", "a\r\nBcc: b@example.net"}};
  CHECK(Problems(draft) == List{kHeaderForbidden});
}

TEST_CASE("attachments have a media type and a plain Content-ID") {
  core::Draft draft = GoodDraft();
  draft.attachments = {{"a", "x", "text/calendar; method=REQUEST", false, "logo@1"}};
  CHECK(Problems(draft).empty());
  for (const std::string type : {"", "pdf", "a/b\r\nX: y", "a/b; c", "a b/c", "a/b; c=\"d"}) {
    draft.attachments[0].type = type;
    CHECK(Problems(draft) == List{kAttachmentInvalid});
  }
  draft.attachments[0].type = "a/b";
  for (const std::string id : {"<logo>", "a b", "a\r\nb", "\xc3\xa9"}) {
    draft.attachments[0].content_id = id;
    CHECK(Problems(draft) == List{kAttachmentInvalid});
  }
}

TEST_CASE("bodies and attachments count against the size") {
  DraftLimits limits;
  limits.max_bytes = 80 + 30;  // 20 bytes of an attachment are 28 on the wire, and a line end
  core::Draft draft = GoodDraft();
  draft.plain = std::string(40, 'x');
  draft.html = std::string(40, 'x');
  draft.attachments = {{"a", std::string(20, 'x'), "a/b", false, ""}};
  CHECK(Problems(draft, limits).empty());
  draft.html += 'x';
  CHECK(Problems(draft, limits) == List{kTooLarge});
}

}  // namespace egd::service
