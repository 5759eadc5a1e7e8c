#include "daemon/store/upgrade.h"

#include <algorithm>
#include <fstream>
#include <vector>

#include <sys/stat.h>

#include "daemon/store/query.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using Catch::Matchers::Contains;

// A database of an older egd, with a user in it, not in use.
struct Older {
  explicit Older(size_t schema) {
    std::ofstream(File("egd.db")).close();
    Connection connection(File("egd.db"), false);
    REQUIRE(Migrate(connection, Migrations().first(schema)));
    Execute(connection,
            "INSERT INTO users (username, email_address, password_hash, first_name, last_name, "
            "company_name, enabled, trusted, verified, max_sender_domains, monthly_send_limit, "
            "send_rate_per_minute, permissions, created_at) "
            "VALUES ('jane', 'jane@example.com', '', '', '', '', 1, 1, 1, 0, 0, 0, '', 1)");
  }
  std::string File(const std::string& name) const { return dir.path() + "/" + name; }
  // All but the search index.
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
      const std::string name = entry.path().filename();
      if (!name.starts_with("search.db")) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
  }
  int Schema(const std::string& name) const {
    Connection connection(File(name), true);
    return SchemaVersion(connection);
  }

  TempDir dir;
};

const int kNow = Migrations().back().number;

}  // namespace

TEST_CASE("an upgrade keeps a copy of the database first, for its owner alone") {
  Older older(14);
  OpenStore(older.dir.path());
  CHECK(older.Schema("egd.db") == kNow);
  CHECK(older.Schema("egd-schema-14.db") == 14);
  struct stat status {};
  REQUIRE(stat(older.File("egd-schema-14.db").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  Connection copy(older.File("egd-schema-14.db"), true);
  CHECK(OneInteger(copy, "SELECT count(*) FROM users") == 1);
}

TEST_CASE("a new database, and one that needs no upgrade, get no copy") {
  Older older(Migrations().size());
  OpenStore(older.dir.path());
  CHECK(older.Files() == std::vector<std::string>{"egd.db", "egd.lock"});
}

TEST_CASE("the copies of earlier upgrades go with the next one") {
  Older older(20);
  std::ofstream(older.File("egd-schema-14.db")).close();
  std::ofstream(older.File("egd-schema-20.db.part")).close();  // of a start that was killed
  OpenStore(older.dir.path());
  CHECK(older.Files() == std::vector<std::string>{"egd-schema-20.db", "egd.db", "egd.lock"});
}

TEST_CASE("of an upgrade that fails half-way nothing is left but the copy") {
  Older older(25);
  {
    Connection connection(older.File("egd.db"), false);
    Execute(connection, "CREATE TABLE scheduled_counts (x)");  // where 0028 makes its own
  }
  CHECK_THAT(Refusal(older.dir.path()), Contains("scheduled_counts"));
  CHECK(older.Schema("egd.db") == 25);
  CHECK(older.Schema("egd-schema-25.db") == 25);
  CHECK_THAT(CheckUpgrade(older.dir.path()).error().public_text, Contains("scheduled_counts"));
  Connection connection(older.File("egd.db"), true);
  CHECK(OneInteger(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'captured'") == 0);
}

TEST_CASE("what an upgrade would do is said, and nothing changed") {
  Older older(14);
  const auto found = CheckUpgrade(older.dir.path());
  REQUIRE(found);
  CHECK(found->steps.from == 14);
  CHECK(found->steps.to == kNow);
  CHECK(found->copy == older.File("egd-schema-14.db"));
  CHECK(found->copy_bytes > 0);
  CHECK(found->needed_bytes > found->copy_bytes);
  CHECK(found->free_bytes > 0);
  CHECK(found->check.violations == std::vector<std::string>());
  CHECK(older.Schema("egd.db") == 14);
  const auto files = older.Files();
  CHECK(std::ranges::none_of(files, [](const std::string& name) {
    return name.starts_with("upgrade-check") || name.starts_with("egd-schema");
  }));
}

TEST_CASE("where there is nothing to upgrade that is said") {
  Older older(Migrations().size());
  const auto found = CheckUpgrade(older.dir.path());
  REQUIRE(found);
  CHECK(found->steps.from == found->steps.to);
  CHECK(CheckUpgrade(older.dir.path() + "/none").error().kind == ErrorKind::kNotFound);
}

TEST_CASE("the trial of an upgrade refuses a newer database in the same words") {
  Older older(Migrations().size());
  {
    Connection connection(older.File("egd.db"), false);
    Execute(connection, "INSERT INTO migrations VALUES (9000, 'from_the_future', 'abc')");
  }
  const auto found = CheckUpgrade(older.dir.path());
  REQUIRE_FALSE(found);
  CHECK(found.error().public_text == Refusal(older.dir.path()));
}

}  // namespace egd::store
