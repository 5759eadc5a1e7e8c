// Opens and clicks from the request to the event, the statistics and the webhooks.
#include "daemon/service/tracking/hit_log.h"

#include <filesystem>

#include "daemon/service/tracking/hit_verdicts.h"
#include "daemon/store/events.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/rollup_store.h"
#include "tests/unit/service/gateway.h"

namespace egd::service {
namespace {

constexpr std::string_view kBrowser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101";

struct Tracked : Gateway {
  Tracked() { message_id = Accept(Message()).id; }

  HitReport Report(bool click, uint32_t link, std::string_view agent = kBrowser) const {
    HitReport report;
    report.token.click = click;
    report.token.message_id = message_id;
    report.token.recipient = "jane@example.net";
    report.token.link_index = link;
    report.token.links = 5;
    if (click) report.url = "https://a.example/" + std::to_string(link);
    report.at = clock.Now();
    report.method = "GET";
    report.user_agent = agent;
    report.address = "198.51.100.77";
    return report;
  }
  // Of opens and clicks alone, newest first.
  std::vector<core::Event> Hits() {
    auto events = Events();
    std::erase_if(events, [](const auto& e) { return e.type == core::EventType::kAccepted; });
    return events;
  }
  core::EventCounts Counts() {
    return Read([&](store::Connection& connection) {
      const int64_t day = store::DayOf(clock.Now());
      return store::RollupStore(connection).CountByDay(domain.id, {day, day})[day];
    });
  }

  Uuid message_id;
};

}  // namespace

TEST_CASE("hits that wait for the journal are bounded by their bytes") {
  Tracked gateway;
  const std::string file = gateway.dir.path() + "/hits/00000001";
  {
    HitLog log(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path());
    HitReport report = gateway.Report(true, 1);
    report.token.message_id = Uuid();  // of no message: it becomes no event
    report.url = "https://a.example/" + std::string(8000, 'x');
    for (size_t i = 0; i < 2 * HitLog::kMostWaiting / report.url.size(); ++i) log.Add(report);
  }
  const auto written = std::filesystem::file_size(file);
  CHECK(written <= HitLog::kMostWaiting);
  CHECK(written > HitLog::kMostWaiting / 2);
}

TEST_CASE("hits become events with what is known of them, the first told apart") {
  Tracked gateway;
  {
    HitLog log(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path());
    log.Add(gateway.Report(true, 3));
    log.Add(gateway.Report(true, 3));
    log.Add(gateway.Report(false, 0, "Mozilla/5.0"));
  }
  const auto hits = gateway.Hits();
  REQUIRE(hits.size() == 3);
  CHECK(hits[0].type == core::EventType::kOpen);
  CHECK(hits[0].hit.automated);
  CHECK(hits[0].hit.rule == "apple-prefetch");
  CHECK(hits[0].hit.first);
  CHECK_FALSE(hits[1].hit.first);
  CHECK(hits[2].hit.first);
  CHECK_FALSE(hits[2].hit.automated);
  CHECK(hits[2].hit.link_index == 3);
  CHECK(hits[2].url == "https://a.example/3");
  CHECK(hits[2].client_address == "198.51.100.77");
  CHECK(hits[2].recipient == "jane@example.net");
  CHECK(gateway.Counts().HumanClicks() == 2);
  CHECK(gateway.Counts().HumanOpens() == 0);
  CHECK(gateway.Counts().automated_opens == 1);
}

TEST_CASE("the address is kept whole, cut to its network, or not at all") {
  for (const auto& [how, expected] : std::vector<std::pair<StoredAddress, std::string>>{
           {StoredAddress::kTruncated, "198.51.100.0"}, {StoredAddress::kNone, ""}}) {
    Tracked gateway;
    {
      HitLog(*gateway.store, gateway.clock, how, gateway.dir.path()).Add(gateway.Report(false, 0));
    }
    CHECK(gateway.Hits().at(0).client_address == expected);
  }
}

TEST_CASE("hits that were not events yet when egd ended become events at the next start, once") {
  Tracked gateway;
  {
    HitJournal journal(gateway.dir.path(), gateway.clock);
    REQUIRE(journal.Open({}));
    REQUIRE(journal.Append({gateway.Report(true, 1), gateway.Report(true, 2)}));
  }
  const std::string journal = gateway.dir.path() + "/hits", kept = gateway.dir.path() + "/kept";
  std::filesystem::copy(journal, kept);
  for (int start = 0; start < 2; ++start) {
    { HitLog log(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path()); }
    // As if killed between the commit and the end of the file.
    std::filesystem::copy(kept, journal, std::filesystem::copy_options::overwrite_existing);
  }
  CHECK(gateway.Hits().size() == 2);
}

TEST_CASE("a hit on a message that is gone leaves nothing") {
  Tracked gateway;
  HitReport report = gateway.Report(true, 0);
  report.token.message_id = NewUuidV7(gateway.clock);
  { HitLog(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path()).Add(report); }
  CHECK(gateway.Hits().empty());
}

TEST_CASE("a hit soon after its delivery is known as one, however many more were delivered since") {
  Tracked gateway;
  const auto deliver = [&](const std::string& recipient) {
    REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
      core::Event event;
      event.type = core::EventType::kDelivery;
      event.at = gateway.clock.Now();
      event.message_id = gateway.message_id;
      event.recipient = recipient;
      event.mx_host = "mx.of." + recipient;
      store::events::Record(tx, event);
    }));
  };
  deliver("jane@example.net");
  for (int n = 0; n < 600; ++n) deliver("r" + std::to_string(n) + "@example.net");
  const auto delivered = gateway.Read([&](store::Connection& connection) {
    return store::HitStore(connection).FindDelivery(gateway.message_id, "jane@example.net");
  });
  CHECK(delivered.at == gateway.clock.Now());
  CHECK(delivered.mx_host == "mx.of.jane@example.net");
}

TEST_CASE("when the window closes, hits are judged together and webhooks hear of them") {
  Tracked gateway;
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    for (uint32_t link : {1u, 2u}) {
      HitReport report = gateway.Report(true, link);
      core::Event event;
      event.type = core::EventType::kClick;
      event.at = report.at;
      event.message_id = gateway.message_id;
      event.recipient = report.token.recipient;
      event.url = report.url;
      event.user_agent = report.user_agent;
      event.hit.method = "GET";
      event.hit.link_index = link;
      store::HitStore(tx).Append(tx, event, report.at + tracking::kHitWindow);
    }
  }));
  HitLog log(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path());
  CHECK(*log.CloseWindows() == gateway.clock.Now() + 10'000);
  CHECK(gateway.Counts().HumanClicks() == 2);
  gateway.clock.Advance(std::chrono::seconds(10));
  CHECK(*log.CloseWindows() == 0);
  for (const auto& hit : gateway.Hits()) CHECK(hit.hit.rule == "several-links");
  CHECK(gateway.Counts().HumanClicks() == 0);
  CHECK(gateway.Counts().automated_clicks == 2);
}

TEST_CASE("a scanner known by its address stays one when the address is not kept") {
  Tracked gateway;
  HitReport report = gateway.Report(true, 1);
  report.address = "209.222.82.9";
  { HitLog(*gateway.store, gateway.clock, StoredAddress::kNone, gateway.dir.path()).Add(report); }
  gateway.clock.Advance(std::chrono::seconds(10));
  REQUIRE(HitLog(*gateway.store, gateway.clock, StoredAddress::kNone, gateway.dir.path())
              .CloseWindows());
  CHECK(gateway.Hits().at(0).hit.rule == "scanner-network");
  REQUIRE(HitVerdicts(*gateway.store).Reclassify(0));
  CHECK(gateway.Hits().at(0).hit.rule == "scanner-network");
}

TEST_CASE("reclassifying corrects what earlier rules said, and only that") {
  Tracked gateway;
  {
    HitLog log(*gateway.store, gateway.clock, StoredAddress::kFull, gateway.dir.path());
    log.Add(gateway.Report(true, 0, "curl/8.0"));
    log.Add(gateway.Report(false, 0));
  }
  const auto hits = gateway.Hits();
  REQUIRE(gateway.store->Write([&](store::Transaction& tx) {
    store::HitStore(tx).SetVerdict(hits[0], true, "gone-rule");
    store::HitStore(tx).SetVerdict(hits[1], false, "");
  }));
  CHECK(gateway.Counts().automated_clicks == 0);
  HitVerdicts verdicts(*gateway.store);
  const auto judged = verdicts.Reclassify(0);
  REQUIRE(judged);
  CHECK(judged->examined == 2);
  CHECK(judged->changed == 2);
  CHECK(gateway.Counts().automated_clicks == 1);
  CHECK(gateway.Counts().automated_opens == 0);
  CHECK(verdicts.Reclassify(gateway.clock.Now() + 1)->examined == 0);
  const auto explained = verdicts.Explain(hits[1].sequence);
  REQUIRE(explained);
  CHECK(explained->verdict.rule == "agent");
  CHECK_FALSE(verdicts.Explain(999));
}

}  // namespace egd::service
