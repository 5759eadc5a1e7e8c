#include "daemon/store/store.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "daemon/store/query.h"
#include "daemon/store/reader_pool.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

int64_t CountUsers(Fixture& f) {
  return f.Read([](Connection& c) { return UserStore(c).Count(); });
}

void InsertUser(Transaction& tx, const std::string& name) {
  core::User user = MakeUser(name);
  if (UserStore(tx).Insert(user) != UserSaved::kSaved) throw std::runtime_error("not saved");
}

// Holds the writer inside a job until it goes out of scope or Release is called.
class HeldWriter {
 public:
  explicit HeldWriter(Store& store) {
    std::promise<void> entered;
    store.WriteAsync(
        [&entered, gate = gate_.get_future().share()](Transaction&) {
          entered.set_value();
          gate.wait();
        },
        [](Result<void>) {});
    entered.get_future().wait();
  }
  ~HeldWriter() { Release(); }
  void Release() {
    if (!released_) gate_.set_value();
    released_ = true;
  }

 private:
  std::promise<void> gate_;
  bool released_ = false;
};

TEST_CASE("a write returns its job's value and is seen by the next read") {
  Fixture f;
  const Result<int64_t> id = f.store->Write([](Transaction& tx) -> Result<int64_t> {
    core::User user = MakeUser("bob");
    UserStore(tx).Insert(user);
    return user.id;
  });
  REQUIRE(id);
  const auto found = f.Read([&](Connection& c) { return UserStore(c).Find(*id); });
  REQUIRE(found);
  CHECK(found->username == "bob");
}

TEST_CASE("what waits while the writer is busy shares one commit") {
  Fixture f;
  const uint64_t before = f.store->GetStats().commits;
  std::atomic<int> completed = 0;
  {
    HeldWriter held(*f.store);
    for (int i = 0; i < 10; ++i) {
      f.store->WriteAsync([i](Transaction& tx) { InsertUser(tx, "u" + std::to_string(i)); },
                          [&](Result<void> done) { completed += done ? 1 : 0; });
    }
    CHECK(f.store->GetStats().waiting == 10);
    CHECK(f.store->GetStats().commits == before);
    CHECK(completed == 0);
  }
  f.Write([](Transaction&) {});  // after them in the queue
  CHECK(completed == 10);
  CHECK(f.store->GetStats().commits <= before + 3);
  CHECK(CountUsers(f) == 11);
}

TEST_CASE("small writes wait for one large one at most, and it for one group of small ones") {
  Fixture f;
  std::string order;  // of the writer's thread
  std::vector<std::future<Result<void>>> large;
  uint64_t before = 0;
  {
    HeldWriter held(*f.store);
    before = f.store->GetStats().commits;
    for (int i = 0; i < 3; ++i) {
      large.push_back(std::async(std::launch::async, [&] {
        return f.store->WriteLarge([&](Transaction&) { order += 'L'; });
      }));
    }
    while (f.store->GetStats().waiting < 3) std::this_thread::yield();
    for (int i = 0; i < 300; ++i) {
      f.store->WriteAsync([&](Transaction&) { order += 's'; }, [](Result<void>) {});
    }
  }
  for (auto& written : large) CHECK(written.get());
  f.Write([](Transaction&) {});
  // 256: the bound of a group.
  CHECK(order == "L" + std::string(256, 's') + "L" + std::string(44, 's') + "L");
  CHECK(f.store->GetStats().commits == before + 7);  // with the held and the last one
}

TEST_CASE("without group commit every job has its own") {
  Fixture f({.group_commit = false});
  const uint64_t before = f.store->GetStats().commits;
  {
    HeldWriter held(*f.store);
    for (int i = 0; i < 5; ++i) f.store->WriteAsync([](Transaction&) {}, [](Result<void>) {});
  }
  f.Write([](Transaction&) {});
  CHECK(f.store->GetStats().commits == before + 7);
}

TEST_CASE("a job that fails is undone alone, its neighbours of the same commit stay") {
  Fixture f;
  std::vector<Result<void>> outcomes;  // touched on the writer's thread, read after it is idle
  const auto keep = [&](Result<void> outcome) { outcomes.push_back(std::move(outcome)); };
  {
    HeldWriter held(*f.store);
    f.store->WriteAsync([](Transaction& tx) { InsertUser(tx, "first"); }, keep);
    f.store->WriteAsync(
        [](Transaction& tx) -> Result<void> {
          InsertUser(tx, "refused");
          return Conflict("no");
        },
        keep);
    f.store->WriteAsync(
        [](Transaction& tx) {
          InsertUser(tx, "thrown");
          throw std::runtime_error("bug");
        },
        keep);
    f.store->WriteAsync([](Transaction& tx) { Execute(tx, "INSERT INTO nowhere VALUES (1)"); },
                        keep);
    f.store->WriteAsync([](Transaction& tx) { InsertUser(tx, "last"); }, keep);
  }
  f.Write([](Transaction&) {});
  REQUIRE(outcomes.size() == 5);
  CHECK(outcomes[0]);
  REQUIRE_FALSE(outcomes[1]);
  CHECK(outcomes[1].error().kind == ErrorKind::kConflict);
  REQUIRE_FALSE(outcomes[2]);
  CHECK(outcomes[2].error().kind == ErrorKind::kInternal);
  CHECK(outcomes[2].error().detail == "bug");
  REQUIRE_FALSE(outcomes[3]);
  CHECK(outcomes[3].error().kind == ErrorKind::kInternal);
  CHECK(outcomes[4]);
  CHECK(CountUsers(f) == 3);
  CHECK(f.store->GetStats().failed == 3);
}

TEST_CASE("a full queue refuses at once and never runs the job") {
  Fixture f({.queue_bound = 2});
  std::atomic<bool> ran = false;
  std::optional<Result<void>> refused;
  std::promise<void> drained;
  {
    HeldWriter held(*f.store);
    f.store->WriteAsync([](Transaction&) {}, [](Result<void>) {});
    f.store->WriteAsync([](Transaction&) {}, [&](Result<void>) { drained.set_value(); });
    f.store->WriteAsync([&](Transaction&) { ran = true; },
                        [&](Result<void> done) { refused = std::move(done); });
    REQUIRE(refused);
    REQUIRE_FALSE(*refused);
    CHECK(refused->error().kind == ErrorKind::kUnavailable);
    const Result<void> blocking = f.store->Write([&](Transaction&) { ran = true; });
    REQUIRE_FALSE(blocking);
    CHECK(blocking.error().kind == ErrorKind::kUnavailable);
  }
  drained.get_future().wait();
  f.Write([](Transaction&) {});
  CHECK_FALSE(ran);
  CHECK(f.store->GetStats().refused == 2);
}

TEST_CASE("a completion may write again, but waiting on the writer's own thread is refused") {
  Fixture f;
  std::promise<Result<void>> nested;
  std::promise<Result<void>> again;
  f.store->WriteAsync([](Transaction&) {},
                      [&](Result<void>) {
                        nested.set_value(f.store->Write([](Transaction&) {}));
                        f.store->WriteAsync(
                            [](Transaction&) {},
                            [&](Result<void> done) { again.set_value(std::move(done)); });
                      });
  const Result<void> waited = nested.get_future().get();
  REQUIRE_FALSE(waited);
  CHECK(waited.error().kind == ErrorKind::kInternal);
  CHECK(again.get_future().get());
}

TEST_CASE("a completion that throws harms nobody") {
  Fixture f;
  f.store->WriteAsync([](Transaction&) {}, [](Result<void>) { throw std::runtime_error("bug"); });
  CHECK(f.store->Write([](Transaction&) {}));
}

TEST_CASE("closing runs what waits") {
  TempDir dir;
  {
    auto store = OpenStore(dir.path());
    HeldWriter held(*store);
    for (int i = 0; i < 3; ++i) {
      store->WriteAsync([i](Transaction& tx) { InsertUser(tx, "u" + std::to_string(i)); },
                        [](Result<void>) {});
    }
    held.Release();
    store.reset();
  }
  auto store = OpenStore(dir.path());
  CHECK(*store->Read([](Connection& c) { return UserStore(c).Count(); }) == 3);
}

TEST_CASE("a full disk fails the job, keeps what was acknowledged, and the store recovers") {
  Fixture f;
  f.Write([](Transaction& tx) {
    Query pages(tx, "PRAGMA page_count");
    pages.Step();
    Execute(tx, "PRAGMA max_page_count = " + std::to_string(pages.Value<int>() + 8));
  });
  const auto fill = [&](int n) {
    return f.store->Write([&](Transaction& tx) {
      MessageStore(tx).Insert(MakeMessage(f.domain, n), std::string(8000, 'x'),
                              {{"bob@example.net", "example.net"}});
    });
  };
  int acknowledged = 0;
  Result<void> outcome;
  while (acknowledged < 100 && (outcome = fill(acknowledged))) ++acknowledged;
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().kind == ErrorKind::kUnavailable);
  const auto found = [&](int n) {
    const Uuid id = MakeMessage(f.domain, n).id;
    return f.Read([&](Connection& c) { return MessageStore(c).FindContent(id).has_value(); });
  };
  for (int n = 0; n < acknowledged; ++n) CHECK(found(n));
  CHECK_FALSE(found(acknowledged));
  CHECK_FALSE(f.Read([&](Connection& c) {
                 return MessageStore(c).Find(MakeMessage(f.domain, acknowledged).id);
               }).has_value());
  f.Write([](Transaction& tx) { Execute(tx, "PRAGMA max_page_count = 100000"); });
  CHECK(fill(acknowledged));
  CHECK(found(acknowledged));
}

TEST_CASE("a transaction lost to the disk acknowledges nobody of its group") {
  Fixture f;
  std::vector<Result<void>> outcomes;
  const auto keep = [&](Result<void> outcome) { outcomes.push_back(std::move(outcome)); };
  {
    HeldWriter held(*f.store);
    f.store->WriteAsync([](Transaction& tx) { InsertUser(tx, "before"); }, keep);
    // What SQLite does by itself after some I/O errors.
    f.store->WriteAsync([](Transaction& tx) { Execute(tx, "ROLLBACK"); }, keep);
    f.store->WriteAsync([](Transaction& tx) { InsertUser(tx, "after"); }, keep);
  }
  (void)f.store->Write([](Transaction&) {});  // after them; of their group or not
  REQUIRE(outcomes.size() == 3);
  for (const Result<void>& outcome : outcomes) {
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().kind == ErrorKind::kUnavailable);
  }
  CHECK(CountUsers(f) == 1);
}

TEST_CASE("readers: bounded in number and in patience, and free again afterwards") {
  Fixture f({.readers = 1, .read_wait = std::chrono::milliseconds(1)});
  const Result<void> inner = *f.store->Read(
      [&](Connection&) -> Result<Result<void>> { return f.store->Read([](Connection&) {}); });
  REQUIRE_FALSE(inner);
  CHECK(inner.error().kind == ErrorKind::kUnavailable);
  CHECK(f.store->Read([](Connection&) {}));
}

TEST_CASE("a long read ends when its time is up, and its connection is good for the next") {
  Fixture f({.long_readers = 1, .longest_read = std::chrono::milliseconds(20)});
  const auto forever = [](Connection& c) {
    return OneInteger(c,
                      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                      "SELECT count(*) FROM n");
  };
  for (int i = 0; i < 2; ++i) {
    const Result<int64_t> stopped = f.store->ReadLong(f.user.id, forever);
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().kind == ErrorKind::kUnavailable);
    CHECK(stopped.error().public_text.find("longer than 1 seconds") != std::string::npos);
  }
  CHECK(*f.store->ReadLong(f.user.id, [](Connection& c) { return UserStore(c).Count(); }) == 1);
}

TEST_CASE("a user's long reads leave room for other users', and all of them for short ones") {
  Fixture f({.readers = 1,
             .read_wait = std::chrono::milliseconds(20),
             .long_readers = 2,
             .long_readers_each = 1});
  const auto count = [](Connection& c) { return UserStore(c).Count(); };
  const auto nested = f.store->ReadLong(1, [&](Connection&) {
    const auto own = f.store->ReadLong(1, count);
    REQUIRE_FALSE(own);
    CHECK(own.error().kind == ErrorKind::kRateLimited);
    return f.store->ReadLong(2, [&](Connection&) {
      CHECK(f.store->ReadLong(3, count).error().kind == ErrorKind::kUnavailable);
      return f.store->Read(count);
    });
  });
  REQUIRE(nested);
  CHECK(*nested == 1);
  CHECK(f.store->ReadLong(1, count));
}

class Named : public WriteJob {
 public:
  explicit Named(std::source_location origin = std::source_location::current())
      : WriteJob(origin) {}
  Result<void> Run(Transaction&) override { return {}; }
  void Complete(Result<void>) override {}
};
struct Caller {
  static std::string Ask(int, const std::string&) { return Named().Name(); }
};

TEST_CASE("a write is named after the function that asked for it, and a large one is counted") {
  CHECK_THAT(Caller::Ask(1, ""), Catch::EndsWith("::Caller::Ask"));
  Fixture f;
  CHECK(f.store->GetStats().slow == 0);
  f.Write([](Transaction& tx) {
    OneInteger(tx,
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000000) "
               "SELECT count(*) FROM n");
  });
  CHECK(f.store->GetStats().slow == 1);
}

TEST_CASE("a read can neither write nor lose its connection by throwing") {
  Fixture f({.readers = 1});
  const Result<void> wrote = f.store->Read([&](Connection& c) { UserStore(c).Delete(f.user.id); });
  REQUIRE_FALSE(wrote);
  CHECK(wrote.error().kind == ErrorKind::kInternal);
  const Result<void> refused =
      f.store->Read([](Connection&) -> Result<void> { return NotFound("absent"); });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kNotFound);
  CHECK(CountUsers(f) == 1);
}

TEST_CASE("all statements of a read see the same state") {
  Fixture f;
  f.Read([&](Connection& c) {
    CHECK(UserStore(c).Count() == 1);
    f.Write([](Transaction& tx) { InsertUser(tx, "later"); });
    CHECK(UserStore(c).Count() == 1);
  });
  CHECK(CountUsers(f) == 2);
}

TEST_CASE("many threads write and read at once") {
  Fixture f;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        if (!f.store->Write([&](Transaction& tx) { InsertUser(tx, name); })) ++failures;
        const auto found =
            f.store->Read([&](Connection& c) { return UserStore(c).FindByUsername(name); });
        if (!found || !*found) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(CountUsers(f) == 161);
  CHECK(f.store->GetStats().jobs == 161);
}

}  // namespace
TEST_CASE("who has enough long reads running and waiting is refused at once") {
  ReadTurns turns({.running_each = 2, .waiting_each = 0, .all = 2, .wait = std::chrono::hours(1)});
  CHECK(turns.Begin(1));
  CHECK(turns.Begin(1));
  CHECK_FALSE(turns.Begin(1));
  CHECK(turns.Begin(2));
  CHECK_FALSE(turns.Begin(2));  // there are too many of all
  turns.End(1);
  turns.End(1);
  CHECK(turns.Begin(2));
}

}  // namespace egd::store
