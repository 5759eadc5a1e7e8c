#include "daemon/smtp_server/sasl.h"

#include <catch2/catch.hpp>

#include "shared/base/encoding.h"

namespace egd::smtp_server {
namespace {

std::string Plain(std::string_view response) {
  const auto read = ReadPlain(response);
  return read ? read->username + "/" + read->password : "-";
}

}  // namespace

TEST_CASE("a response is base64, or = for an empty one") {
  CHECK(DecodeResponse(" dXNlcg== ") == "user");
  CHECK(DecodeResponse("=") == "");
  CHECK(DecodeResponse("") == "");
  CHECK_FALSE(DecodeResponse("user!"));
  CHECK_FALSE(DecodeResponse("dXNlcg"));
}

TEST_CASE("PLAIN has a user name and a password between NULs") {
  using namespace std::string_literals;
  CHECK(Plain("\0user\0pass"s) == "user/pass");
  CHECK(Plain("user\0user\0pass"s) == "user/pass");
  CHECK(Plain("\0user\0"s) == "user/");
  CHECK(Plain("other\0user\0pass"s) == "user/");  // nobody acts for another here
  for (const auto& wrong : {""s, "user"s, "\0user"s, "\0\0pass"s, "\0user\0pass\0more"s}) {
    CHECK(Plain(wrong) == "-");
  }
}

TEST_CASE("LOGIN's prompts are the ones that Outlook knows") {
  CHECK(DecodeResponse(kUsernamePrompt) == "Username:");
  CHECK(DecodeResponse(kPasswordPrompt) == "Password:");
}

}  // namespace egd::smtp_server
