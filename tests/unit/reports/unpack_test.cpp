#include "daemon/reports/unpack.h"

#include <catch2/catch.hpp>

#include "tests/unit/reports/packed.h"

namespace egd::reports {
namespace {

std::string Unpacked(const std::string& file) {
  const auto unpacked = Unpack(file);
  return unpacked ? *unpacked : unpacked.error().public_text;
}

}  // namespace

TEST_CASE("a report comes packed by gzip, by zip, or not at all") {
  const std::string report = "<feedback>" + std::string(5000, 'x') + "</feedback>";
  CHECK(Unpacked(report) == report);
  CHECK(Unpacked(Packed(report, Packing::kGzip)) == report);
  CHECK(Unpacked(Packed(report, Packing::kZip)) == report);
  CHECK(Unpacked(Packed(report, Packing::kStored)) == report);
}

TEST_CASE("what unpacks to more than a report can have is refused before it is there") {
  const std::string large(kMostUnpackedBytes + 1, 'x');
  CHECK_FALSE(Unpack(large));
  CHECK_FALSE(Unpack(Packed(large, Packing::kGzip)));
  CHECK_FALSE(Unpack(Packed(large, Packing::kZip)));
}

TEST_CASE("what shrinks better than a report can is refused") {
  const std::string even(8 << 20, 'x');
  const std::string packed = Packed(even, Packing::kGzip);
  REQUIRE(packed.size() * kMostRatio < even.size());
  CHECK_FALSE(Unpack(packed));
}

TEST_CASE("one layer is taken off, whatever is inside") {
  const std::string inner = Packed("text", Packing::kGzip);
  CHECK(Unpacked(Packed(inner, Packing::kGzip)) == inner);
  CHECK(Unpacked(Packed(inner, Packing::kZip)) == inner);
}

TEST_CASE("a file that is cut short or damaged is refused") {
  for (const Packing packing : {Packing::kGzip, Packing::kZip}) {
    std::string noise;
    for (uint32_t i = 0, seed = 1; i < 5000; ++i) noise += char((seed = seed * 69069 + 1) >> 24);
    const std::string packed = Packed(noise, packing);
    CHECK_FALSE(Unpack(packed.substr(0, 8)));
    CHECK_FALSE(Unpack(packed.substr(0, packed.size() / 2)));
  }
}

TEST_CASE("a zip by a method that takes memory is refused") {
  std::string zip = Packed("text", Packing::kZip);
  zip[8] = 14;  // LZMA
  CHECK_FALSE(Unpack(zip));
}

}  // namespace egd::reports
