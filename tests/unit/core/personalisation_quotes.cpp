#include <catch2/catch.hpp>

#include "daemon/core/personalisation.h"

namespace egd::core {

TEST_CASE("A fallback may stand in either kind of quotes") {
  const auto nobody = [](std::string_view) { return std::string(); };
  const auto made = [&](const char* text) {
    return Personalise(text, FieldContext::kPlain, nobody);
  };
  CHECK(made("Dear {{ Subscriber:FirstName | 'friend' }}!") == "Dear friend!");
  CHECK(made("Dear {{ Subscriber:FirstName | \"Jane's friend\" }}!") == "Dear Jane's friend!");
  CHECK(made("{{ Subscriber:X | '' }}").empty());
  CHECK(made("{{ Subscriber:X | 'a\" }}") == "{{ Subscriber:X | 'a\" }}");
  CHECK(made("{{ Subscriber:X | 'a'b' }}") == "{{ Subscriber:X | 'a'b' }}");
}

}  // namespace egd::core
