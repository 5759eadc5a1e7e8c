#include "shared/base/uuid.h"

#include <set>

#include <catch2/catch.hpp>

namespace egd {
namespace {

TEST_CASE("a UUID is written and read back, in any case") {
  const std::string text = "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11";
  const auto uuid = Uuid::Parse(text);
  REQUIRE(uuid);
  CHECK(uuid->ToString() == text);
  CHECK(Uuid::Parse("0190C2F0-7B9E-7D4C-8A53-2F6F1E0D9B11") == uuid);
  CHECK(Uuid::FromBytes(uuid->AsBytes()) == uuid);
}

TEST_CASE("what is not a UUID is refused") {
  for (const auto* wrong :
       {"", "0190c2f07b9e7d4c8a532f6f1e0d9b11", "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b1",
        "0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b1g", "0190c2f0-7b9e-7d4c-8a532-f6f1e0d9b11",
        "{190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b1}"}) {
    CAPTURE(wrong);
    CHECK(!Uuid::Parse(wrong));
  }
  CHECK(!Uuid::FromBytes("fifteen bytes.."));
  CHECK(!Uuid::FromBytes("seventeen bytes.."));
}

TEST_CASE("version 7 holds the time, the version and the variant (RFC 9562 section 5.7)") {
  const FakeClock clock(0x0190c2f07b9e);
  const std::string text = NewUuidV7(clock).ToString();
  CHECK(text.substr(0, 13) == "0190c2f0-7b9e");
  CHECK(text[14] == '7');
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
}

TEST_CASE("version 7 sorts by time and does not repeat within a millisecond") {
  FakeClock clock;
  const Uuid before = NewUuidV7(clock);
  clock.Advance(std::chrono::milliseconds(1));
  CHECK(before < NewUuidV7(clock));
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(NewUuidV7(clock));
  CHECK(seen.size() == 1000);
}

}  // namespace
}  // namespace egd
