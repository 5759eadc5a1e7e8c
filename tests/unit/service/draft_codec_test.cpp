#include "daemon/service/sending/draft_codec.h"

#include <random>

#include <catch2/catch.hpp>

namespace egd::service {
namespace {

core::Draft FullDraft() {
  core::Draft draft;
  draft.from = {"Shop", "shop@example.com"};
  draft.to = {{"Jane", "jane@example.net"}, {"", "joe@example.net"}};
  draft.cc = {{"Zoë", "zoe@example.org"}};
  draft.bcc = {{"", "bcc@example.org"}};
  draft.reply_to = {{"", "help@example.com"}};
  draft.subject = "Grüße";
  draft.html = std::string(70'000, 'h');
  draft.plain = std::string("\0\xff", 2);
  draft.headers = {{"X-One", "1"}, {"X-Two", ""}};
  draft.attachments = {{"a.pdf", std::string(200, '\0'), "application/pdf", false, ""},
                       {"b.png", "", "image/png", true, "logo"}};
  draft.track_opens = draft.unsubscribe_link = true;
  return draft;
}

}  // namespace

TEST_CASE("a draft comes back as it was stored") {
  const core::Draft draft = FullDraft();
  const Result<core::Draft> decoded = DecodeDraft(EncodeDraft(draft));
  REQUIRE(decoded);
  CHECK(EncodeDraft(*decoded) == EncodeDraft(draft));
  CHECK(decoded->from.name == "Shop");
  CHECK(decoded->to[1].email == "joe@example.net");
  CHECK(decoded->bcc[0].email == "bcc@example.org");
  CHECK(decoded->html == draft.html);
  CHECK(decoded->plain == draft.plain);
  CHECK(decoded->headers == draft.headers);
  CHECK(decoded->attachments[0].content == draft.attachments[0].content);
  CHECK(decoded->attachments[1].inline_part);
  CHECK(decoded->attachments[1].content_id == "logo");
  CHECK_FALSE(decoded->track_links);
  CHECK(decoded->track_opens);
  CHECK(decoded->unsubscribe_link);
}

TEST_CASE("the stored form never changes: messages of older versions wait in queues") {
  core::Draft draft;
  draft.from = {"S", "s@e"};
  draft.to = {{"", "t@e"}};
  draft.subject = "Hi";
  draft.track_links = true;
  CHECK(EncodeDraft(draft) == std::string("\1\1S\3s@e\1\0\3t@e\0\0\0\2Hi\0\0\0\0\1\0\0", 26));
}

TEST_CASE("a send to a list keeps that it is one") {
  core::Draft draft;
  draft.each_alone = true;
  CHECK(DecodeDraft(EncodeDraft(draft))->each_alone);
  CHECK_FALSE(DecodeDraft(EncodeDraft({}))->each_alone);
}

TEST_CASE("cut, extended and foreign bytes are refused") {
  const std::string bytes = EncodeDraft(FullDraft());
  for (size_t size = 0; size < 300; ++size) CHECK_FALSE(DecodeDraft(bytes.substr(0, size)));
  CHECK_FALSE(DecodeDraft(bytes.substr(0, bytes.size() - 1)));
  CHECK_FALSE(DecodeDraft(bytes + "x"));
  CHECK_FALSE(DecodeDraft("\2" + bytes.substr(1)));
  CHECK_FALSE(DecodeDraft("\1" + std::string(20, '\xff')));
}

TEST_CASE("damaged bytes give a draft or an error, never more than they hold") {
  core::Draft draft = FullDraft();
  draft.html = "<p>";
  const std::string bytes = EncodeDraft(draft);
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 3; ++i) damaged[1 + random() % (damaged.size() - 1)] = char(random());
    const Result<core::Draft> decoded = DecodeDraft(damaged);
    if (decoded) CHECK(EncodeDraft(*decoded).size() <= damaged.size());
  }
}

}  // namespace egd::service
