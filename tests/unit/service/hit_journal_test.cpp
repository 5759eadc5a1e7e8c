#include "daemon/service/tracking/hit_journal.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

HitReport Report(uint32_t link, std::string url = "https://a.example/") {
  HitReport report;
  report.token.click = true;
  report.token.message_id = *Uuid::Parse("0190c2f0-7b9e-7d4c-8a53-2f6f1e0d9b11");
  report.token.recipient = "jane@example.net";
  report.token.link_index = link;
  report.token.links = 7;
  report.url = std::move(url);
  report.at = 1'700'000'000'000;
  report.method = "GET";
  report.user_agent = std::string("a\0b", 3);
  report.address = "192.0.2.1";
  return report;
}

std::vector<HitReport> Reports(uint32_t first, uint32_t count) {
  std::vector<HitReport> reports;
  for (uint32_t i = 0; i < count; ++i) reports.push_back(Report(first + i));
  return reports;
}

std::vector<HitReport> ReadAll(const HitJournal& journal, store::HitPlace& place) {
  std::vector<HitReport> all;
  for (auto more = journal.Read(place, 3); !more.empty(); more = journal.Read(place, 3)) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

size_t Files(const TempDir& dir) {
  return size_t(std::distance(std::filesystem::directory_iterator(dir.path() + "/hits"), {}));
}

}  // namespace

TEST_CASE("hits come out of the journal as they went in, across starts") {
  const TempDir dir;
  FakeClock clock;
  store::HitPlace place;
  {
    HitJournal journal(dir.path(), clock);
    REQUIRE(journal.Open(place));
    REQUIRE(journal.Append(Reports(0, 4)));
    CHECK(journal.Read(place, 3) == Reports(0, 3));
    REQUIRE(journal.Append(Reports(4, 2)));
  }
  HitJournal journal(dir.path(), clock);
  REQUIRE(journal.Open(place));
  REQUIRE(journal.Append(Reports(6, 1)));
  CHECK(ReadAll(journal, place) == Reports(3, 4));
  CHECK(journal.Read(place, 3).empty());
  REQUIRE(journal.Append(Reports(7, 1)));
  CHECK(ReadAll(journal, place) == Reports(7, 1));
}

TEST_CASE("a hit cut short by a crash ends its file, and costs no other") {
  const TempDir dir;
  FakeClock clock;
  {
    HitJournal journal(dir.path(), clock);
    REQUIRE(journal.Open({}));
    REQUIRE(journal.Append(Reports(0, 2)));
  }
  const std::string path = dir.path() + "/hits/00000001";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  HitJournal journal(dir.path(), clock);
  REQUIRE(journal.Open({}));
  REQUIRE(journal.Append(Reports(2, 1)));
  store::HitPlace place;
  const auto read = ReadAll(journal, place);
  REQUIRE(read.size() == 2);
  CHECK(read[0] == Report(0));
  CHECK(read[1] == Report(2));
}

TEST_CASE("files that are done with go, and no number of theirs comes again") {
  const TempDir dir;
  FakeClock clock;
  store::HitPlace place;
  {
    HitJournal journal(dir.path(), clock);
    REQUIRE(journal.Open(place));
    const std::vector<HitReport> large(4,
                                       Report(0, "https://a.example/" + std::string(5 << 20, 'x')));
    for (int i = 0; i < 2; ++i) REQUIRE(journal.Append(large));
    CHECK(Files(dir) == 2);
    CHECK(ReadAll(journal, place).size() == 8);
    journal.Forget(place);
    CHECK(Files(dir) == 1);
  }
  std::filesystem::remove_all(dir.path() + "/hits");
  HitJournal journal(dir.path(), clock);
  REQUIRE(journal.Open(place));
  REQUIRE(journal.Append(Reports(0, 1)));
  CHECK(ReadAll(journal, place).size() == 1);
}

TEST_CASE("a file ends after a while, so that what is done with does not stay") {
  const TempDir dir;
  FakeClock clock;
  HitJournal journal(dir.path(), clock);
  REQUIRE(journal.Open({}));
  REQUIRE(journal.Append(Reports(0, 1)));
  store::HitPlace place;
  CHECK(ReadAll(journal, place) == Reports(0, 1));
  journal.EndOldFile();
  CHECK(journal.Read(place, 1).empty());
  journal.Forget(place);
  CHECK(Files(dir) == 1);
  clock.Advance(HitJournal::kFileAge);
  journal.EndOldFile();
  CHECK(journal.Read(place, 1).empty());
  journal.Forget(place);
  CHECK(Files(dir) == 0);
  REQUIRE(journal.Append(Reports(1, 1)));
  CHECK(ReadAll(journal, place) == Reports(1, 1));
}

TEST_CASE("a journal that is full takes nothing") {
  const TempDir dir;
  FakeClock clock;
  HitJournal journal(dir.path(), clock);
  std::filesystem::create_directory(dir.path() + "/hits");
  std::ofstream(dir.path() + "/hits/00000001");
  std::filesystem::resize_file(dir.path() + "/hits/00000001",
                               HitJournal::kMostBytes);  // no block of it used
  REQUIRE(journal.Open({}));
  CHECK_FALSE(journal.Append(Reports(0, 1)));
  journal.Forget({2, 0});
  CHECK(journal.Append(Reports(0, 1)));
}

}  // namespace egd::service
