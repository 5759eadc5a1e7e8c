#include "daemon/api/handlers/keys.h"
#include "daemon/service/accounts/sender_keys.h"
#include "tests/unit/api/handlers_desk.h"

namespace egd::api {
namespace {

struct KeysDesk : Desk {
  KeysDesk() { AddKeyHandlers(handlers, keys); }

  auth::Vault vault{std::string(32, 'k')};
  service::SenderKeys keys{*store, vault, clock};
  int64_t jane = AddUser("jane"), mallory = AddUser("mallory");
  int64_t domain = AddDomain(jane, "jane.example");
};

}  // namespace

TEST_CASE("addapi answers as the reference does, and getapis shows the key again") {
  KeysDesk desk;
  const Json reply =
      desk.Reply("emailgateway.addapi",
                 {{"Description", "Production API Key"}, {"DomainID", desk.domain}}, As(desk.jane));
  CHECK(reply["NewAPIKeyID"] == reply["APIKey"]["APIKeyID"]);
  CHECK(reply["APIKey"]["APIKey"].get<std::string>().starts_with("eg_live_"));
  CHECK(reply["APIKey"]["Description"] == "Production API Key");
  CHECK(reply["APIKey"]["DomainID"] == desk.domain);
  CHECK(desk.Reply("emailgateway.getapis", {{"DomainID", desk.domain}}, As(desk.jane))["APIKeys"] ==
        Json::array({reply["APIKey"]}));
}

TEST_CASE("key Commands answer the reference's codes") {
  KeysDesk desk;
  for (const char* command : {"emailgateway.addapi", "emailgateway.replaceapi"}) {
    CHECK(desk.Refusal(command, Json::object(), As(desk.jane)) == Codes{1, 2});
    CHECK(desk.Refusal(command, {{"Description", "x"}, {"DomainID", 999'999}}, As(desk.jane)) ==
          Codes{3});
    CHECK(desk.Refusal(command, {{"Description", "x"}, {"DomainID", desk.domain}},
                       As(desk.mallory)) == Codes{3});
  }
  CHECK(desk.Refusal("emailgateway.getapis", Json::object(), As(desk.jane)) == Codes{1});
  CHECK(desk.Refusal("emailgateway.getapis", {{"DomainID", desk.domain}}, As(desk.mallory)) ==
        Codes{2});
  CHECK(desk.Refusal("emailgateway.deleteapi", Json::object(), As(desk.jane)) == Codes{1});
  CHECK(desk.Refusal("emailgateway.deleteapi", {{"APIKeyID", 999'999}}, As(desk.jane)) == Codes{2});
}

TEST_CASE("replaceapi leaves the new key alone, deleteapi none") {
  KeysDesk desk;
  const Json named = {{"Description", "x"}, {"DomainID", desk.domain}};
  const Json old = desk.Reply("emailgateway.addapi", named, As(desk.jane));
  const Json replacement = desk.Reply("emailgateway.replaceapi", named, As(desk.jane));
  CHECK(desk.Reply("emailgateway.getapis", {{"DomainID", desk.domain}}, As(desk.jane))["APIKeys"] ==
        Json::array({replacement["APIKey"]}));
  CHECK(desk.Refusal("emailgateway.deleteapi", {{"APIKeyID", old["NewAPIKeyID"]}}, As(desk.jane)) ==
        Codes{2});
  CHECK(desk.Refusal("emailgateway.deleteapi", {{"APIKeyID", replacement["NewAPIKeyID"]}},
                     As(desk.mallory)) == Codes{2});
  CHECK(desk.Reply("emailgateway.deleteapi", {{"APIKeyID", replacement["NewAPIKeyID"]}},
                   As(desk.jane)) == Json::object());
  CHECK(desk.Reply("emailgateway.getapis", {{"DomainID", desk.domain}}, As(desk.jane))["APIKeys"] ==
        Json::array());
}

}  // namespace egd::api
