#include "daemon/tracking/return_path.h"

#include <limits>

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

std::string MacOf(std::string_view text) {  // not cryptographic: what matters is what it covers
  uint64_t sum = 1469598103934665603u;
  for (const char c : text) sum = (sum ^ uint8_t(c)) * 1099511628211u;
  std::string mac;
  for (int i = 0; i < 32; ++i) mac += char(sum >> (i % 8 * 8));
  return mac;
}

}  // namespace

TEST_CASE("a return-path comes back as it was made, in any case") {
  const Uuid id = *Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  for (const int64_t recipient : {int64_t(0), int64_t(1), int64_t(255), int64_t(256),
                                  int64_t(5'000'000), std::numeric_limits<int64_t>::max()}) {
    const std::string local = MakeReturnPath({id, recipient}, MacOf);
    CAPTURE(local);
    CHECK(local.size() <= 54);
    CHECK(ReadReturnPath(local, MacOf) == ReturnPath{id, recipient});
    std::string upper;
    for (const char c : local) upper += char(c >= 'a' && c <= 'z' ? c - 32 : c);
    CHECK(ReadReturnPath(upper, MacOf) == ReturnPath{id, recipient});
  }
}

TEST_CASE("an unsubscribe address is no return-path, and none of another key's") {
  const ReturnPath path{*Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057"), 7};
  const std::string local = MakeUnsubscribeLocalPart(path, MacOf);
  CHECK(local.starts_with("u-"));
  CHECK(local.size() <= 64);
  CHECK(ReadUnsubscribeLocalPart(local, MacOf) == path);
  CHECK_FALSE(ReadReturnPath(local, MacOf));
  CHECK_FALSE(ReadUnsubscribeLocalPart(MakeReturnPath(path, MacOf), MacOf));
}

TEST_CASE("a return-path that was not made here is none") {
  const Uuid id = *Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  const std::string local = MakeReturnPath({id, 7}, MacOf);
  for (size_t i = 0; i < local.size(); ++i) {
    std::string forged = local;
    forged[i] = forged[i] == 'a' ? 'b' : 'a';
    CHECK_FALSE(ReadReturnPath(forged, MacOf));
  }
  for (const std::string& forged :
       {std::string(), std::string("b-"), std::string("bounces"), local + "a",
        local.substr(0, local.size() - 1), std::string(5000, 'a'), std::string("b-a@@")}) {
    CHECK_FALSE(ReadReturnPath(forged, MacOf));
  }
}

TEST_CASE("a return-path that recipients of a destination share names the destination") {
  const Uuid id = *Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  const uint32_t tag = DestinationTag("example.org", MacOf);
  CHECK(tag != 0);
  CHECK(tag != DestinationTag("example.net", MacOf));
  for (const uint32_t destination : {tag, uint32_t(1), uint32_t(0xffffffff)}) {
    const std::string local = MakeReturnPath({id, 0, destination}, MacOf);
    CHECK(local.size() <= 64);
    CHECK(ReadReturnPath(local, MacOf) == ReturnPath{id, 0, destination});
  }
}

TEST_CASE("an unsubscribe mailbox is no return-path") {
  const Uuid id = *Uuid::Parse("01890a5d-ac96-774b-bcce-b302099a8057");
  const std::string local = MakeUnsubscribeLocalPart({id, 7}, MacOf);
  CHECK(local.starts_with("u-"));
  CHECK(local.size() <= 64);
  CHECK(ReadUnsubscribeLocalPart(local, MacOf) == ReturnPath{id, 7});
  CHECK_FALSE(ReadReturnPath(local, MacOf));
  CHECK_FALSE(ReadUnsubscribeLocalPart(MakeReturnPath({id, 7}, MacOf), MacOf));
}

}  // namespace egd::tracking
