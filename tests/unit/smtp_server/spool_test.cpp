#include "daemon/smtp_server/spool.h"

#include <filesystem>

#include <catch2/catch.hpp>
#include <unistd.h>

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

// Cuts the spool's file, which has no name, to half of its size.
void Damage(const TempDir& directory) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with(directory.path())) {
      REQUIRE(::ftruncate(std::stoi(entry.path().filename()), Spool::kMemory / 2) == 0);
    }
  }
}

struct FakeTransaction : core::MailTransaction {
  core::MailReply AddRecipient(const std::string& /*address*/) override { return {}; }
  bool Write(std::string_view piece) override {
    written += piece;
    return takes;
  }
  core::MailReply Commit() override {
    committed = true;
    return takes ? core::MailReply() : core::MailReply{552, "5.3.4", "Too large", {}};
  }

  std::string written;
  bool takes = true, committed = false;
};

}  // namespace

TEST_CASE("content that cannot be read again is not committed") {
  const TempDir directory;
  SpoolBudget budget;
  budget.directory = directory.path();
  budget.max_bytes = 1 << 20;
  Spool spool(budget);
  REQUIRE(spool.Append(std::string(Spool::kMemory, 'x')));
  REQUIRE(spool.MoveToDisk());
  FakeTransaction transaction;
  SECTION("it is whole") {
    CHECK(CommitSpool(spool, transaction).code == 250);
    CHECK(transaction.written.size() == Spool::kMemory);
  }
  SECTION("it is damaged") {
    Damage(directory);
    CHECK(CommitSpool(spool, transaction).code == 451);
    CHECK_FALSE(transaction.committed);
  }
  SECTION("the taker refuses it") {
    transaction.takes = false;
    CHECK(CommitSpool(spool, transaction).code == 552);
  }
}

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
