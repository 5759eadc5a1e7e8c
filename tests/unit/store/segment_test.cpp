#include <csignal>
#include <fstream>
#include <system_error>

#include <sys/resource.h>

#include "daemon/store/query.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/segments.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

namespace fs = std::filesystem;

const std::string kLarge(100'000, 'x');

struct Segments : Fixture {
  std::string directory = dir.path() + "/segments";

  void Insert(int n, const std::string& content) {
    Write([&](Transaction& tx) {
      MessageStore(tx).Insert(MakeMessage(domain, n), content,
                              {{"bob@example.net", "example.net"}});
    });
  }
  std::optional<std::string> Content(int n) {
    return Read(
        [&](Connection& c) { return MessageStore(c).FindContent(MakeMessage(domain, n).id); });
  }
  size_t CountFiles() const {
    if (!fs::exists(directory)) return 0;
    return size_t(std::distance(fs::directory_iterator(directory), {}));
  }
  void Reopen() {
    store.reset();
    store = OpenStore(dir.path());
  }
  void Forget() {  // every content
    Write([](Transaction& tx) {
      DropQueue(tx, 1, 20'000);
      MessageStore(tx).PurgeContents(30'000, 100);
    });
  }
};

// What this process writes beyond `bytes` of a file fails, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit limit = {bytes, before_.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("segments: contents of more than 8 KiB lie in a file, one after the other") {
  Segments f;
  f.Insert(1, std::string(8192, 'a'));
  CHECK(f.CountFiles() == 0);
  f.Insert(2, std::string(8193, 'b'));
  f.Insert(3, kLarge);
  CHECK(f.Content(1) == std::string(8192, 'a'));
  CHECK(f.Content(2) == std::string(8193, 'b'));
  CHECK((f.Content(3) == kLarge));
  CHECK(f.CountFiles() == 1);
  CHECK(fs::file_size(f.directory + "/00000001") == 8193 + kLarge.size());
  CHECK((fs::status(f.directory).permissions() & fs::perms::mask) == fs::perms::owner_all);
}

TEST_CASE("segments: each start begins a file of its own and still finds the older ones") {
  Segments f;
  f.Insert(1, kLarge);
  f.Reopen();
  f.Insert(2, kLarge + "2");
  CHECK(f.CountFiles() == 2);
  CHECK((f.Content(1) == kLarge));
  CHECK((f.Content(2) == kLarge + "2"));
}

TEST_CASE("segments: a full file is followed by a new one") {
  Segments f;
  const std::string huge(33 << 20, 'h');
  for (int n = 1; n <= 3; ++n) f.Insert(n, huge);
  CHECK(f.CountFiles() == 2);
  for (int n = 1; n <= 3; ++n) CHECK((f.Content(n) == huge));
}

TEST_CASE("segments: a job undone leaves waste, and no content") {
  Segments f;
  const auto undone = f.store->Write([&](Transaction& tx) -> Result<void> {
    MessageStore(tx).Insert(MakeMessage(f.domain), kLarge, {{"bob@example.net", "example.net"}});
    return Internal("undo");
  });
  CHECK_FALSE(undone);
  CHECK_FALSE(f.Content(1));
  f.Insert(2, kLarge + "2");
  CHECK((f.Content(2) == kLarge + "2"));
}

TEST_CASE("segments: a file goes when no content is in it, the open one stays") {
  Segments f;
  f.Insert(1, kLarge);
  f.Reopen();
  f.Insert(2, kLarge);
  REQUIRE(f.store->DeleteDeadSegments());
  CHECK(f.CountFiles() == 2);
  f.Forget();
  REQUIRE(f.store->DeleteDeadSegments());
  CHECK(f.CountFiles() == 1);
  f.Insert(3, kLarge);
  CHECK((f.Content(3) == kLarge));
  f.Forget();
  f.Reopen();
  REQUIRE(f.store->DeleteDeadSegments());
  CHECK(f.CountFiles() == 0);
}

TEST_CASE("segments: a lost one is missed, and never mistaken for a new one") {
  Segments f;
  f.Insert(1, kLarge);
  f.store.reset();
  fs::remove_all(f.directory);  // as when a backup of the database alone is restored
  f.store = OpenStore(f.dir.path());
  f.Insert(2, kLarge + "2");
  CHECK((f.Content(2) == kLarge + "2"));
  const auto read = f.store->Read(
      [&](Connection& c) { return MessageStore(c).FindContent(MakeMessage(f.domain, 1).id); });
  CHECK_FALSE(read);
}

TEST_CASE("segments: what was cut off by somebody else is an error, not a shorter content") {
  Segments f;
  f.Insert(1, kLarge);
  fs::resize_file(f.directory + "/00000001", kLarge.size() - 1);
  const auto read = f.store->Read(
      [&](Connection& c) { return MessageStore(c).FindContent(MakeMessage(f.domain).id); });
  REQUIRE_FALSE(read);
  CHECK(read.error().kind == ErrorKind::kUnavailable);
}

TEST_CASE("segments: when none can be written, nothing is accepted, and later it is") {
  Segments f;
  std::ofstream(f.directory) << "in the way";
  const auto insert = [&](int n) {
    return f.store->Write([&](Transaction& tx) {
      MessageStore(tx).Insert(MakeMessage(f.domain, n), kLarge,
                              {{"bob@example.net", "example.net"}});
    });
  };
  const auto refused = insert(1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::kUnavailable);
  CHECK_FALSE(f.Content(1));
  fs::remove(f.directory);
  REQUIRE(insert(2));
  CHECK((f.Content(2) == kLarge));
}

TEST_CASE("segments: after a failed write a file is complete, with what was written before it") {
  TempDir dir;
  const std::string directory = dir.path() + "/segments";
  SegmentWriter writer(directory);
  const SegmentPlace before = writer.Append("before");
  {
    const FileSizeLimit limit(50'000);
    CHECK_THROWS_AS(writer.Append(kLarge), std::system_error);
  }
  const SegmentPlace after = writer.Append("after");
  writer.Sync();
  CHECK(after.segment == before.segment + 1);
  CHECK(ReadSegment(directory, before) == "before");
  CHECK(ReadSegment(directory, after) == "after");
  CHECK(writer.ListComplete() == std::vector<int64_t>{before.segment});
}

TEST_CASE("segments: a writer begins after the files that are there") {
  TempDir dir;
  const std::string directory = dir.path() + "/segments";
  SegmentWriter writer(directory);
  CHECK(writer.Append("one").segment == 1);
  writer.Sync();
  CHECK(writer.ListComplete().empty());
  SegmentWriter next(directory);
  CHECK(next.ListComplete() == std::vector<int64_t>{1});
  const SegmentPlace place = next.Append("two");
  next.Sync();
  CHECK(place.segment == 2);
  CHECK(ReadSegment(directory, place) == "two");
}

}  // namespace egd::store
