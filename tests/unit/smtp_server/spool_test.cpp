#include "daemon/smtp_server/spool.h"

#include <filesystem>

#include <catch2/catch.hpp>

#include "tests/unit/temp_dir.h"

namespace egd::smtp_server {
namespace {

std::string All(Spool& spool) {
  std::string text;
  REQUIRE(spool.Read([&](std::string_view piece) {
    text += piece;
    return true;
  }));
  return text;
}

}  // namespace

TEST_CASE("a spool keeps small content in memory and large content in a file without a name") {
  const TempDir directory;
  SpoolBudget budget;
  budget.directory = directory.path();
  budget.max_bytes = 1 << 20;
  std::string expected;
  {
    Spool spool(budget);
    for (int i = 0; i < 5; ++i) {
      const std::string piece(30'000, char('a' + i));
      expected += piece;
      REQUIRE(spool.Append(piece));
      if (spool.IsLarge()) REQUIRE(spool.MoveToDisk());
    }
    CHECK(spool.size() == expected.size());
    CHECK(budget.memory < Spool::kMemory);
    CHECK(All(spool) == expected);
    CHECK(std::filesystem::is_empty(directory.path()));
  }
  CHECK(budget.bytes == 0);
  CHECK(budget.memory == 0);
}

TEST_CASE("spools share one bound") {
  SpoolBudget budget;
  budget.max_bytes = 100;
  Spool first(budget), second(budget);
  CHECK(first.Append(std::string(60, 'x')));
  CHECK_FALSE(second.Append(std::string(60, 'x')));
  CHECK(second.Append(std::string(40, 'x')));
  CHECK(budget.bytes == 100);
}

TEST_CASE("a crowded memory moves smaller parts to the disk") {
  SpoolBudget budget;
  budget.max_bytes = 1 << 20;
  budget.max_memory = 1000;
  Spool spool(budget);
  CHECK(spool.Append(std::string(5000, 'x')));
  CHECK(spool.IsLarge());
}

TEST_CASE("a disk that cannot take it says so") {
  SpoolBudget budget;
  budget.directory = "/nonexistent";
  budget.max_bytes = 1 << 20;
  Spool spool(budget);
  CHECK(spool.Append("x"));
  CHECK_FALSE(spool.MoveToDisk());
}

}  // namespace egd::smtp_server
