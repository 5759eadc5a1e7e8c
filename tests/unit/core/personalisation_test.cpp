#include "daemon/core/personalisation.h"

#include <map>

#include <catch2/catch.hpp>

using egd::core::FieldContext;
using egd::core::HasFields;
using egd::core::Personalise;
using egd::core::ShowFields;

namespace {

std::string Lookup(std::string_view field) {
  static const std::map<std::string, std::string, std::less<>> kValues = {
      {"Subscriber:FirstName", "Zoë"},
      {"Subscriber:Evil", "<b>{{ Subscriber:FirstName }}</b>"},
      {"Subscriber:Breaks", "a\r\nBcc: x"},
      {"Link:Unsubscribe", "https://t.example/u?a=1&b=2"},
  };
  const auto found = kValues.find(field);
  return found == kValues.end() ? "" : found->second;
}

std::string Plain(std::string_view text) {
  return Personalise(text, FieldContext::kPlain, Lookup);
}
std::string Html(std::string_view text) {
  return Personalise(text, FieldContext::kHtml, Lookup);
}

}  // namespace

TEST_CASE("every spelling of a field is filled") {
  CHECK(Plain("Hi {{ Subscriber:FirstName }}!") == "Hi Zoë!");
  CHECK(Plain("Hi {{Subscriber:FirstName}}!") == "Hi Zoë!");
  CHECK(Plain("Hi %Subscriber:FirstName%!") == "Hi Zoë!");
  CHECK(Html("<a href=\"{{ Link:Unsubscribe }}\">") ==
        "<a href=\"https://t.example/u?a=1&amp;b=2\">");
}

TEST_CASE("what stands for many copies shows fallbacks and names") {
  CHECK(ShowFields("Hello {{ Subscriber:FirstName | \"friend\" }}, 5 % off") ==
        "Hello friend, 5 % off");
  CHECK(ShowFields("Hello {{ Subscriber:FirstName }} of %Subscriber: Company%") ==
        "Hello [FirstName] of [Company]");
  CHECK(ShowFields("{{ Link:Unsubscribe }}") == "[Unsubscribe]");
  CHECK(ShowFields("{{ other }} braces") == "{{ other }} braces");
}

TEST_CASE("an unknown field renders its fallback, or nothing") {
  CHECK(Plain("Hi {{ Subscriber:Nick | \"friend\" }}!") == "Hi friend!");
  CHECK(Plain("Hi {{ Subscriber:Nick }}!") == "Hi !");
  CHECK(Plain("Hi {{ Subscriber:FirstName | \"friend\" }}!") == "Hi Zoë!");
}

TEST_CASE("a value is escaped for HTML and never read as a template") {
  CHECK(Html("{{ Subscriber:Evil }}") == "&lt;b&gt;{{ Subscriber:FirstName }}&lt;/b&gt;");
  CHECK(Plain("{{ Subscriber:Evil }}") == "<b>{{ Subscriber:FirstName }}</b>");
  CHECK(Html("{{ Subscriber:Nick | \"<i>\" }}") == "&lt;i&gt;");
}

TEST_CASE("a value cannot start a header") {
  CHECK(Personalise("{{ Subscriber:Breaks }}", FieldContext::kHeader, Lookup) == "a Bcc: x");
}

TEST_CASE("whatever is not a field stays as it is") {
  for (const char* text :
       {"100% sure, 50% off", "{{ handlebars }}", "{{", "%", "{{ Subscriber:FirstName",
        "{{ Subscriber: }}", "{{ Other:Name }}", "{{ Subscriber:A | friend }}", "{{{{",
        "%Subscriber:First\nName%", "{ {Subscriber:FirstName} }"}) {
    CHECK(Plain(text) == text);
    CHECK_FALSE(HasFields(text));
  }
  CHECK(HasFields("100% of {{ Subscriber:FirstName }}"));
}

TEST_CASE("hostile text costs linear time") {
  CHECK(Plain(std::string(1'000'000, '{')).size() == 1'000'000);
  CHECK(Plain(std::string(1'000'000, '%')).size() == 1'000'000);
}
