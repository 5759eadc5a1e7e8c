#include <filesystem>
#include <fstream>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/migration.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using Catch::Matchers::Contains;

std::string DatabaseOf(const TempDir& dir) {
  return dir.path() + "/egd.db";
}

// Runs SQL on a database that no store has open.
void Tamper(const TempDir& dir, const std::string& sql) {
  Connection connection(DatabaseOf(dir), false);
  Execute(connection, sql);
}

void FlipBytes(const std::string& path, std::streamoff from, std::streamoff count) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  for (std::streamoff at = from; at < from + count; ++at) {
    file.seekg(at);
    const char byte = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(~byte));
  }
  REQUIRE(file.good());
}

// What a killed egd leaves: its process ID in the lock file.
void MarkUnclean(const TempDir& dir) {
  std::ofstream(dir.path() + "/egd.lock") << "4711";
}

std::string LockContent(const TempDir& dir) {
  std::ifstream file(dir.path() + "/egd.lock");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

mode_t ModeOf(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

int64_t CountMigrations(Store& store) {
  return *store.Read([](Connection& c) {
    Query query(c, "SELECT count(*) FROM migrations");
    query.Step();
    return query.Value<int64_t>();
  });
}

TEST_CASE("the embedded migrations are numbered from 1 without gaps") {
  int expected = 1;
  for (const Migration& migration : Migrations()) {
    CHECK(migration.number == expected++);
    CHECK(migration.checksum.size() == 64);
    CHECK_FALSE(migration.sql.empty());
  }
  CHECK(expected > 1);
}

TEST_CASE("a fresh directory gets every migration, and a second start changes nothing") {
  TempDir dir;
  for (int start = 0; start < 2; ++start) {
    auto store = OpenStore(dir.path());
    CHECK(CountMigrations(*store) == int64_t(Migrations().size()));
  }
}

TEST_CASE("the directory and its files are for their owner alone") {
  TempDir dir;
  const std::string inner = dir.path() + "/data";
  auto store = OpenStore(inner);
  REQUIRE(store->Write([](Transaction& tx) {
    core::User user = MakeUser();
    UserStore(tx).Insert(user);
  }));
  CHECK(ModeOf(inner) == 0700);
  for (const char* name : {"/egd.db", "/egd.db-wal", "/egd.lock"})
    CHECK(ModeOf(inner + name) == 0600);
}

TEST_CASE("migrations apply in order, once, and only the new ones") {
  TempDir dir;
  std::ofstream(DatabaseOf(dir)).close();
  Connection connection(DatabaseOf(dir), false);
  const Migration first{1, "first", "aa", "CREATE TABLE a (x); INSERT INTO a VALUES (1);"};
  const Migration second{2, "second", "bb", "INSERT INTO a VALUES (2);"};
  REQUIRE(Migrate(connection, std::vector{first}));
  REQUIRE(Migrate(connection, std::vector{first, second}));
  REQUIRE(Migrate(connection, std::vector{first, second}));
  Query rows(connection, "SELECT x FROM a ORDER BY x");
  std::vector<int> found;
  while (rows.Step()) found.push_back(rows.Value<int>());
  CHECK(found == std::vector{1, 2});
}

TEST_CASE("a migration that fails leaves no trace") {
  TempDir dir;
  std::ofstream(DatabaseOf(dir)).close();
  Connection connection(DatabaseOf(dir), false);
  const Migration broken{1, "broken", "aa", "CREATE TABLE a (x); INSERT INTO nowhere VALUES (1);"};
  CHECK_THROWS_WITH(Migrate(connection, std::vector{broken}), Contains("nowhere"));
  const Migration repaired{1, "repaired", "bb", "CREATE TABLE a (x);"};
  CHECK(Migrate(connection, std::vector{repaired}));
}

TEST_CASE("sessions of which nobody knows with which key they were opened end") {
  TempDir dir;
  std::ofstream(DatabaseOf(dir)).close();
  Connection connection(DatabaseOf(dir), false);
  REQUIRE(Migrate(connection, Migrations().first(19)));
  Execute(connection,
          "PRAGMA foreign_keys = OFF; INSERT INTO sessions (digest, user_id, key_id, created_at, "
          "last_used_at) VALUES (x'01', 1, NULL, 1, 1), (x'02', 1, 7, 1, 1)");
  REQUIRE(Migrate(connection, Migrations()));
  Query rows(connection, "SELECT key_id FROM sessions");
  REQUIRE(rows.Step());
  CHECK(rows.Value<int>() == 7);
  CHECK_FALSE(rows.Step());
}

TEST_CASE("a database of a newer egd is refused in plain words, untouched") {
  TempDir dir;
  OpenStore(dir.path());
  Tamper(dir, "INSERT INTO migrations VALUES (9000, 'from_the_future', 'abc')");
  CHECK_THAT(Refusal(dir.path()), Contains("newer egd") && Contains("9000 \"from_the_future\""));
  Tamper(dir, "DELETE FROM migrations WHERE number = 9000");
  OpenStore(dir.path());
}

TEST_CASE("a database whose migration differs is refused in plain words") {
  TempDir dir;
  OpenStore(dir.path());
  Tamper(dir, "UPDATE migrations SET checksum = 'abc' WHERE number = 1");
  CHECK_THAT(Refusal(dir.path()), Contains("another build") && Contains("1 \"initial\""));
}

TEST_CASE("a second egd on the same directory is refused, and may follow the first") {
  TempDir dir;
  auto first = OpenStore(dir.path());
  CHECK_THAT(Refusal(dir.path()),
             Contains("Another egd (process " + std::to_string(getpid()) + ")"));
  first.reset();
  OpenStore(dir.path());
}

TEST_CASE("the lock file is marked while the store runs and clean afterwards") {
  TempDir dir;
  auto store = OpenStore(dir.path());
  CHECK(LockContent(dir) == std::to_string(getpid()));
  store.reset();
  CHECK(LockContent(dir).empty());
}

TEST_CASE("a clean stop leaves one complete file: no log beside it") {
  Fixture f;
  f.store.reset();
  CHECK_FALSE(std::filesystem::exists(f.dir.path() + "/egd.db-wal"));
}

TEST_CASE("a file that is no database is refused with what to do") {
  TempDir dir;
  std::ofstream(DatabaseOf(dir)) << std::string(8192, 'x');
  CHECK_THAT(Refusal(dir.path()), Contains("is damaged") && Contains("backup"));
}

TEST_CASE("damage inside the file is found after an unclean stop, and the file is left as it is") {
  Fixture f;
  f.store.reset();
  const std::string path = DatabaseOf(f.dir);
  Tamper(f.dir, "PRAGMA wal_checkpoint(TRUNCATE)");
  FlipBytes(path, 4096 * 3, 100);  // the head of a b-tree page
  MarkUnclean(f.dir);
  const auto size = std::filesystem::file_size(path);
  CHECK_THAT(Refusal(f.dir.path()), Contains("is damaged") && Contains("backup"));
  CHECK(std::filesystem::file_size(path) == size);
  // It stays refused: a refusal is no clean stop.
  CHECK_THAT(Refusal(f.dir.path()), Contains("is damaged"));
}

TEST_CASE("damage that came while no egd ran is found at the start") {
  Fixture f;
  f.store.reset();
  Tamper(f.dir, "PRAGMA wal_checkpoint(TRUNCATE)");
  FlipBytes(DatabaseOf(f.dir), 8192 * 3, 100);
  CHECK_THAT(Refusal(f.dir.path()), Contains("is damaged"));
}

TEST_CASE("a whole database opens after an unclean stop") {
  Fixture f;
  f.store.reset();
  MarkUnclean(f.dir);
  f.store = OpenStore(f.dir.path());
  CHECK(f.Read([](Connection& c) { return UserStore(c).Count(); }) == 1);
}

TEST_CASE("what was acknowledged survives a copy taken without closing, as after kill -9") {
  Fixture f;
  f.domain.status = core::DomainStatus::kEnabled;
  f.Write([&](Transaction& tx) {
    REQUIRE(DomainStore(tx).Update(f.domain) == DomainSaved::kSaved);
    MessageStore(tx).Insert(MakeMessage(f.domain), "content", {{"bob@example.net", "example.net"}});
    CHECK(QueueStore(tx).Claim(10, 20'000, {kOwner, 30'000}).size() == 1);
  });
  TempDir crashed;
  for (const char* name : {"/egd.db", "/egd.db-wal", "/egd.lock"}) {
    std::filesystem::copy_file(f.dir.path() + name, crashed.path() + name);
  }
  auto store = OpenStore(crashed.path());
  const auto content = store->Read(
      [&](Connection& c) { return MessageStore(c).FindContent(MakeMessage(f.domain).id); });
  REQUIRE(content);
  CHECK(*content == "content");
  // The lease died with its holder.
  const auto due = store->Write([](Transaction& tx) {
    return QueueStore(tx).Claim(10, 20'000, {kOwner, 30'000});
  });
  REQUIRE(due);
  CHECK(due->size() == 1);
}

}  // namespace
}  // namespace egd::store
