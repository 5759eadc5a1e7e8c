#include "daemon/service/delivery/sts_cache.h"

#include <deque>
#include <optional>
#include <utility>

#include <catch2/catch.hpp>

#include "shared/base/log.h"
#include "tests/unit/smtp_client/fake_resolver.h"
#include "tests/unit/temp_dir.h"

namespace egd::service {
namespace {

using mailauth::StsMode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kRecord = "_mta-sts.example.com";

// Fetches stay open until the test answers them.
class FakeFetcher : public mailauth::StsFetcher {
 public:
  void Fetch(const std::string& domain, Done done) override {
    ++asked;
    open.emplace_back(domain, std::move(done));
  }
  void Answer(const Result<std::string>& result) {
    for (auto& [domain, done] : std::exchange(open, {})) done(result);
  }
  size_t asked = 0;
  std::deque<std::pair<std::string, Done>> open;
};

std::string Policy(const std::string& mode, int64_t max_age_s = 604'800) {
  return "version: STSv1\nmode: " + mode +
         "\nmx: mx.example.com\nmax_age: " + std::to_string(max_age_s) + "\n";
}

struct House {
  House() {
    log::Configure(log::Level::kError, log::Format::kText);
    Open();
  }
  void Open(StsCacheBounds bounds = {}) {
    cache.reset();
    store.reset();
    auto opened = store::Store::Open(dir.path());
    REQUIRE(opened);
    store = *std::move(opened);
    cache = std::make_unique<StsCache>(*store, dns, fetcher, clock, bounds);
    REQUIRE(cache->Load());
  }
  void Publish(const std::string& id) {
    dns.Txt(kRecord, id.empty() ? "" : "v=STSv1; id=" + id + ";");
  }
  // Asks, answers a fetch that this begins, and returns the mode that counts; "waits": no answer.
  std::string Ask(const Result<std::string>& fetched = Unavailable("down")) {
    std::string mode = "waits";
    cache->Find("example.com", [&](std::shared_ptr<const mailauth::StsPolicy> policy) {
      mode = policy ? std::string(mailauth::Name(policy->mode)) : "none at all";
    });
    fetcher.Answer(fetched);
    return mode;
  }

  TempDir dir;
  FakeClock clock;
  smtp_client::FakeResolver dns;
  FakeFetcher fetcher;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<StsCache> cache;
};

}  // namespace

TEST_CASE("A domain without a record has no policy, and none is fetched") {
  House house;
  CHECK(house.Ask() == "none at all");
  house.dns.Fail(kRecord, core::DnsType::kTxt);
  CHECK(house.Ask() == "none at all");
  CHECK(house.fetcher.asked == 0);
}

TEST_CASE("A published policy is fetched once, and counts until it expires") {
  House house;
  house.Publish("1");
  CHECK(house.Ask(Policy("enforce", 3600)) == "enforce");
  CHECK(house.Ask() == "enforce");
  CHECK(house.fetcher.asked == 1);
  house.clock.Advance(minutes(59));
  CHECK(house.Ask() == "enforce");
  house.clock.Advance(minutes(1));
  CHECK(house.Ask() == "none at all");
}

TEST_CASE("Who asks for the first time waits for the fetch, and others with him") {
  House house;
  house.Publish("1");
  int answers = 0;
  for (int i = 0; i < 3; ++i) {
    house.cache->Find("example.com", [&](const auto& policy) { answers += policy ? 1 : 100; });
  }
  CHECK(answers == 0);
  CHECK(house.fetcher.asked == 1);
  house.fetcher.Answer(Policy("enforce"));
  CHECK(answers == 3);
}

TEST_CASE("A kept policy counts without record, name server and policy host, over a restart too") {
  House house;
  house.Publish("1");
  CHECK(house.Ask(Policy("enforce")) == "enforce");
  house.Publish("");
  CHECK(house.Ask() == "enforce");
  house.dns.Fail(kRecord, core::DnsType::kTxt);
  CHECK(house.Ask() == "enforce");
  house.Open();
  CHECK(house.Ask() == "enforce");
  house.Publish("1");
  house.clock.Advance(hours(25));  // to be renewed
  CHECK(house.Ask() == "enforce");
  house.clock.Advance(hours(24 * 6));
  house.Open();
  CHECK(house.cache->size() == 0);
  CHECK(house.Ask() == "none at all");
}

TEST_CASE("Another id has the policy fetched again; the old one counts when that fails") {
  House house;
  house.Publish("1");
  CHECK(house.Ask(Policy("enforce")) == "enforce");
  house.Publish("2");
  CHECK(house.Ask() == "enforce");
  CHECK(house.fetcher.asked == 2);
  CHECK(house.Ask(Policy("none")) == "enforce");  // it failed just now
  CHECK(house.fetcher.asked == 2);
  house.clock.Advance(minutes(5));
  CHECK(house.Ask(Policy("none")) == "none");
  CHECK(house.fetcher.asked == 3);
  house.Open();
  CHECK(house.Ask() == "none");
  CHECK(house.fetcher.asked == 3);
}

TEST_CASE("A fetch that failed is repeated after five minutes, or for another id") {
  House house;
  house.Publish("1");
  CHECK(house.Ask() == "none at all");
  CHECK(house.Ask(Policy("enforce")) == "none at all");
  CHECK(house.fetcher.asked == 1);
  house.Publish("2");
  CHECK(house.Ask(std::string("<html>")) == "none at all");
  CHECK(house.fetcher.asked == 2);
  house.clock.Advance(minutes(5) - milliseconds(1));
  CHECK(house.Ask(Policy("enforce")) == "none at all");
  house.clock.Advance(milliseconds(1));
  CHECK(house.Ask(Policy("enforce")) == "enforce");
}

TEST_CASE("A policy is renewed in the background, and its time starts again") {
  House house;
  house.Publish("1");
  CHECK(house.Ask(Policy("enforce", 7 * 86'400)) == "enforce");
  house.clock.Advance(hours(24) - seconds(1));
  CHECK(house.Ask() == "enforce");
  CHECK(house.fetcher.asked == 1);
  house.clock.Advance(seconds(1));
  std::string mode;
  house.cache->Find("example.com",
                    [&](const auto& policy) { mode = mailauth::Name(policy->mode); });
  CHECK(mode == "enforce");  // without waiting
  CHECK(house.fetcher.asked == 2);
  house.fetcher.Answer(Policy("testing", 7 * 86'400));
  CHECK(house.Ask() == "testing");
  house.clock.Advance(hours(24 * 6 + 23));
  CHECK(house.Ask() == "testing");
}

TEST_CASE("A policy that says it is over at once spares its host all the same") {
  House house;
  house.Publish("1");
  CHECK(house.Ask(Policy("enforce", 0)) == "enforce");
  house.clock.Advance(minutes(2));
  CHECK(house.Ask() == "enforce");
  CHECK(house.fetcher.asked == 1);
}

TEST_CASE("Those fetched longest ago make room, also in the store") {
  House house;
  const auto bounds = GENERATE(StsCacheBounds{3, 1'000'000}, StsCacheBounds{100, 3 * 25});
  house.Open(bounds);
  const auto ask = [&](int number) {  // whether that begins a fetch
    const std::string domain = "d" + std::to_string(number) + ".example";
    house.dns.Txt("_mta-sts." + domain, "v=STSv1; id=1;");
    const size_t before = house.fetcher.asked;
    house.cache->Find(domain, [](const auto&) {});
    house.fetcher.Answer(Policy("enforce"));  // 24 bytes of names
    house.clock.Advance(milliseconds(1));
    return house.fetcher.asked > before;
  };
  for (int number = 0; number < 5; ++number) CHECK(ask(number));
  CHECK(house.cache->size() == 3);
  house.Open(bounds);
  CHECK(house.cache->size() == 3);
  for (int number = 2; number < 5; ++number) CHECK_FALSE(ask(number));
  CHECK(ask(0));
  CHECK(ask(2));
}

}  // namespace egd::service
