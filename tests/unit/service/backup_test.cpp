#include "daemon/service/backup/backup.h"

#include <filesystem>
#include <fstream>

#include "daemon/service/backup/restore.h"
#include "daemon/store/events.h"
#include "daemon/store/message_store.h"
#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store_check.h"
#include "daemon/store/sweep_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

struct BackedUp : Gateway {
  BackedUp() {
    std::ofstream(dir.File("master.key")) << "the key";
    small = Accept(Message()).id;
    NewMessage message = Message();
    message.draft.plain = std::string(100'000, 'x') + "\n";
    large = Accept(message).id;
  }

  // Takes as long as its reader: `meanwhile` runs after the first piece.
  std::string Write(const std::function<void()>& meanwhile = [] {}) {
    auto backup = Backup::Begin(*store, dir.path(), clock.Now());
    REQUIRE(backup);
    std::string file;
    for (bool first = true;; first = false) {
      auto piece = (*backup)->Next();
      REQUIRE(piece);
      file += piece->bytes;
      if (piece->last) return file;
      if (first) meanwhile();
    }
  }
  Result<Restored> Restore(const std::string& bytes) {
    std::ofstream(other.File("backup"), std::ios::binary) << bytes;
    return service::Restore(other.File("backup"), other.File("data"));
  }

  Uuid small, large;
  TempDir other;
};

}  // namespace

TEST_CASE("a backup holds the gateway as it was when it began, contents and keys") {
  BackedUp gateway;
  const std::string file = gateway.Write([&] { gateway.Accept(gateway.Message()); });
  const auto restored = gateway.Restore(file);
  REQUIRE(restored);
  CHECK(restored->messages == 2);
  CHECK(restored->queued == 2);
  CHECK(restored->created_at == gateway.clock.Now() / 1000);
  std::string key;
  std::getline(std::ifstream(gateway.other.File("data/master.key")), key);
  CHECK(key == "the key");
  const auto opened = store::Store::Open(gateway.other.File("data"));
  REQUIRE(opened);
  for (const Uuid& id : {gateway.small, gateway.large}) {
    const auto content = [&](store::Connection& c) {
      return store::MessageStore(c).FindContent(id);
    };
    CHECK(*(*opened)->Read(content) == *gateway.store->Read(content));
  }
}

TEST_CASE("while a backup is written no content goes, and there is no other") {
  BackedUp gateway;
  auto backup = Backup::Begin(*gateway.store, gateway.dir.path(), gateway.clock.Now());
  REQUIRE(backup);
  CHECK(Backup::Begin(*gateway.store, gateway.dir.path(), 0).error().kind == ErrorKind::kConflict);
  const auto segments = [&] {
    const auto files = std::filesystem::directory_iterator(gateway.dir.File("segments"));
    return std::distance(begin(files), end(files));
  };
  REQUIRE(segments() > 0);
  REQUIRE(gateway.store->Write(
      [](store::Transaction& tx) { store::Execute(tx, "DELETE FROM contents"); }));
  REQUIRE(gateway.store->DeleteDeadSegments());
  const auto mode = std::filesystem::status(gateway.dir.File("backup.db")).permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  std::string file;
  for (bool last = false; !last;) {
    auto piece = (*backup)->Next();
    REQUIRE(piece);
    file += piece->bytes;
    last = piece->last;
  }
  CHECK(gateway.Restore(file));
  *backup = nullptr;
  REQUIRE(gateway.store->DeleteDeadSegments());
  CHECK_FALSE(std::filesystem::exists(gateway.dir.File("backup.db")));
  CHECK(Backup::Begin(*gateway.store, gateway.dir.path(), 0));
}

TEST_CASE("no backup begins at the end, and none that could not begin blocks the next") {
  BackedUp gateway;
  std::stop_source stop;
  stop.request_stop();
  const auto stopped =
      Backup::Begin(*gateway.store, gateway.dir.path(), gateway.clock.Now(), stop.get_token());
  REQUIRE_FALSE(stopped);
  CHECK(stopped.error().kind == ErrorKind::kUnavailable);
  CHECK_FALSE(std::filesystem::exists(gateway.dir.File("backup.db")));
  CHECK(Backup::Begin(*gateway.store, gateway.dir.path(), gateway.clock.Now()));
}

TEST_CASE("what is not a whole backup is refused, and nothing of it is left") {
  BackedUp gateway;
  const std::string file = gateway.Write();
  for (const std::string& bytes :
       {std::string(), std::string("no archive"), file.substr(0, file.size() / 2),
        file.substr(0, file.size() - 1), file.substr(0, 1000) + "!" + file.substr(1001)}) {
    const auto restored = gateway.Restore(bytes);
    INFO(bytes.size());
    REQUIRE_FALSE(restored);
    INFO(restored.error().public_text);
    CHECK(restored.error().kind == ErrorKind::kInvalidArgument);
    CHECK(std::filesystem::is_empty(gateway.other.File("data")));
  }
}

TEST_CASE("no byte of a backup can change unnoticed") {
  BackedUp gateway;
  const std::string file = gateway.Write();
  for (size_t at = 100; at < file.size(); at += file.size() / 40) {
    std::string bytes = file;
    bytes[at] = char(bytes[at] ^ 4);
    INFO(at);
    CHECK_FALSE(gateway.Restore(bytes));
  }
}

TEST_CASE("a directory that holds something is never restored into") {
  BackedUp gateway;
  std::filesystem::create_directory(gateway.other.File("data"));
  std::ofstream(gateway.other.File("data/egd.db")) << "somebody's mail";
  const auto restored = gateway.Restore(gateway.Write());
  REQUIRE_FALSE(restored);
  CHECK(restored.error().kind == ErrorKind::kConflict);
  CHECK(std::filesystem::file_size(gateway.other.File("data/egd.db")) == 15);
}

TEST_CASE("a check finds each rule that is broken") {
  BackedUp gateway;
  const auto check = [&] {
    const auto found = store::CheckStore(gateway.dir.path());
    REQUIRE(found);
    return found->violations;
  };
  CHECK(check().empty());
  const auto broken = GENERATE(
      as<std::pair<const char*, const char*>>(),
      std::pair("UPDATE recipients SET message = 99 WHERE id = 1",
                "1 queued recipients have no message"),
      std::pair("UPDATE recipients SET queue = 99 WHERE id = 1",
                "1 queued recipients are in no queue"),
      std::pair("DELETE FROM contents WHERE message = 1",
                "1 queued recipients have no content to send"),
      std::pair("UPDATE events SET type = 3 WHERE sequence = 1",
                "1 queued recipients are finished already"),
      std::pair("UPDATE queues SET first_due_at = 9223372036854775807", "1 queues wake up after"),
      std::pair("UPDATE contents SET message = 99 WHERE message = 1", "1 contents have no message"),
      std::pair("DELETE FROM recipients WHERE id = 1", "1 contents would never be cleaned up"),
      std::pair("UPDATE events SET message = 99 WHERE sequence = 1", "1 events have no message"),
      std::pair("UPDATE day_counts SET accepted = 7", "1 days have other counts than events"),
      std::pair("DELETE FROM recipients WHERE id = 1; INSERT INTO finished_messages VALUES (1, 1)",
                "1 accepted recipients are neither queued nor finished"),
      std::pair(
          "INSERT INTO lists (user_id, name, created_at) VALUES ((SELECT id FROM users), 'l', "
          "1); INSERT INTO list_sends (message, domain_id, list_id, last_subscriber_id) "
          "VALUES (99, (SELECT id FROM domains), 1, 0)",
          "1 sends to lists have no content to send"),
      std::pair("UPDATE recipients SET lease_owner = 7 WHERE id = 1",
                "1 leases have an owner and no end"),
      std::pair("UPDATE recipients SET lease_owner = id, lease_until = next_attempt_at",
                "1 owners have leases beside another's"),
      std::pair(
          "INSERT INTO contents SELECT 99, content, segment, \"offset\" + 10, 10 FROM contents "
          "WHERE segment > 0",
          "1 contents lie where another does in its segment"),
      std::pair("UPDATE events SET type = 5 WHERE sequence = 1",
                "1 opens and clicks have nothing kept of them"),
      std::pair("INSERT INTO hits VALUES (99, 1, 5, 1, 1, 0, 0, 0, 0, 'r', 'GET', '')",
                "1 hits have no event"),
      std::pair("UPDATE event_counts SET accepted = 7 WHERE field = 2",
                "1 values have other counts than events"),
      std::pair("UPDATE message_counts SET events = 7 WHERE message = 1",
                "1 messages have other counts than events"),
      std::pair("UPDATE events SET type = 4 WHERE sequence = 1",
                "1 recipient domains have other delivery times than events"),
      std::pair("UPDATE events SET type = 5 WHERE sequence = 1; "
                "INSERT INTO hits VALUES (1, 1, 5, 1, 1, 1, 0, 0, 0, 'r', 'GET', '')",
                "1 days have other counts of machines' opens and clicks than hits"),
      std::pair("UPDATE messages SET is_test = 1 WHERE number = 1",
                "1 days have other counts of tests than events"),
      std::pair("INSERT INTO scheduled_counts VALUES (1, 0, 60000, 7, 1)",
                "1 slots have other counts of scheduled messages than messages"),
      std::pair("INSERT INTO captured (at, domain_id, message_id, recipient, return_path, size, "
                "content) VALUES (1, 1, x'00', 'r', 'p', 3, x'00'); UPDATE captured_totals SET "
                "bytes = 9",
                "1 domains have other totals of captured mail than mail"),
      std::pair("UPDATE contents SET \"offset\" = 100000 WHERE segment > 0",
                "/segments/00000001 ends after"),
      std::pair("ALTER TABLE day_counts RENAME COLUMN delivery TO delivered", "no such column"),
      std::pair("UPDATE contents SET segment = 99 WHERE segment > 0", "No such file"));
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) { store::Execute(tx, broken.first); }));
  INFO(broken.second);
  std::string all;
  for (const std::string& violation : check()) all += violation + "\n";
  CHECK_THAT(all, Catch::Contains(broken.second));
}

TEST_CASE("mail in a queue that was cleared and is not yet deleted breaks no rule") {
  BackedUp gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    const int64_t queue = store::QueueStore(tx).Close(gateway.domain.id);
    store::SweepStore(tx).Add({store::SweepKind::kClearedQueue, queue});
  }));
  const auto found = store::CheckStore(gateway.dir.path());
  REQUIRE(found);
  CHECK(found->violations == std::vector<std::string>());
  CHECK(found->queued == 2);
}

TEST_CASE("a notification of a bounce before the delivery is recorded breaks no rule") {
  BackedUp gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    core::Event event = gateway.Events().front();
    event.type = core::EventType::kBounce;
    event.source = "dsn";
    store::events::Record(tx, event);
  }));
  const auto found = store::CheckStore(gateway.dir.path());
  REQUIRE(found);
  CHECK(found->violations == std::vector<std::string>());
}

TEST_CASE("a database of another schema is not judged by the rules of this one") {
  BackedUp gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::Execute(tx, "DELETE FROM migrations WHERE number > 27; DROP TABLE scheduled_counts");
  }));
  const auto older = store::CheckStore(gateway.dir.path());
  REQUIRE_FALSE(older);
  CHECK_THAT(older.error().public_text, Catch::Contains("has schema 27 of an older egd"));
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::Execute(tx, "INSERT INTO migrations VALUES (9000, 'from_the_future', 'abc')");
  }));
  const auto newer = store::CheckStore(gateway.dir.path());
  REQUIRE_FALSE(newer);
  CHECK_THAT(newer.error().public_text, Catch::Contains("written by a newer egd"));
}

}  // namespace egd::service
