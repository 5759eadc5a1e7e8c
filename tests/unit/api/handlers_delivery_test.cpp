#include "daemon/api/handlers/delivery.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {

TEST_CASE("classify explains a reply by the rule that decides it") {
  Desk desk;
  AddClassifyHandler(desk.handlers);
  const Json hard = desk.Reply("classify", {{"Reply", "550-5.1.1 no\n550 5.1.1 such user"}}, As(1));
  CHECK(hard["Event"] == "bounce");
  CHECK(hard["BounceClass"] == "hard");
  CHECK(hard["Suppress"] == true);
  CHECK(hard["Rule"] == "no-mailbox");
  const Json banner =
      desk.Reply("classify", {{"Reply", "554 go away"}, {"Stage", "greeting"}}, As(1));
  CHECK(banner["Event"] == "deferred");
  CHECK(banner["Scope"] == "host");
  CHECK(desk.Refusal("classify", {{"Reply", "no code"}}, As(1)) == Codes{2});
  CHECK(desk.Refusal("classify", {{"Reply", "250 ok"}}, As(1)) == Codes{3});
}

}  // namespace egd::api
