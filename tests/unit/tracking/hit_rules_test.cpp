#include "daemon/tracking/hit_rules.h"

#include <catch2/catch.hpp>

namespace egd::tracking {
namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;
const std::string kBrowser =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/129.0.0.0 Safari/537.36";

Hit Click(size_t link = 0, UnixMillis at = kNow) {
  Hit hit;
  hit.click = true;
  hit.at = at;
  hit.method = "GET";
  hit.user_agent = kBrowser;
  hit.address = "198.51.100.7";
  hit.link_index = link;
  hit.links = 5;
  return hit;
}

Hit Open(const std::string& agent = kBrowser) {
  Hit hit = Click();
  hit.click = false;
  hit.user_agent = agent;
  return hit;
}

std::string Rule(const Hit& hit) {
  return std::string(ClassifyHit(hit).rule);
}

std::vector<std::string> Rules(const std::vector<Hit>& hits) {
  std::vector<std::string> rules;
  for (const auto& verdict : ClassifyWindow(hits)) rules.emplace_back(verdict.rule);
  return rules;
}

}  // namespace

TEST_CASE("people and the proxies that load for them are human") {
  CHECK(Rule(Click()).empty());
  for (const std::string& agent : std::vector<std::string>{
           kBrowser.c_str(),
           "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
           "GoogleImageProxy)",
           "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
           "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
           "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 "
           "Thunderbird/128.3.0"}) {
    INFO(agent);
    CHECK(Rule(Open(agent)).empty());
  }
}

TEST_CASE("each machine is known by its rule") {
  Hit head = Click();
  head.method = "HEAD";
  CHECK(Rule(head) == "head-request");
  Hit prefetch = Click();
  prefetch.method = "GET prefetch";
  CHECK(Rule(prefetch) == "prefetch-request");
  CHECK(Rule(Open("")) == "no-user-agent");
  CHECK(Rule(Open("Mozilla/5.0")) == "apple-prefetch");
  CHECK(
      Rule(Open("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0")) == "gmail-prefetch");
  CHECK(Rule(Open("BarracudaCentral/1.0")) == "security-scanner");
  CHECK(Rule(Open("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)")) == "link-preview");
  CHECK(Rule(Open("curl/7.88.1")) == "agent");
  CHECK(Rule(Open("python-requests/2.31")) == "agent");
  Hit barracuda = Click();
  barracuda.address = "209.222.82.9";
  CHECK(Rule(barracuda) == "scanner-network");
}

TEST_CASE("a hit within a minute of delivery is a scan only behind a security gateway") {
  Hit hit = Click();
  hit.mx_host = "mxa-001.gslb.PPHOSTED.com";
  hit.delivered_at = kNow - 60'000;
  CHECK(Rule(hit) == "gateway-scan");
  hit.delivered_at -= 1;
  CHECK(Rule(hit).empty());
  hit.delivered_at = kNow;
  hit.mx_host = "aspmx.l.google.com";
  CHECK(Rule(hit).empty());
}

TEST_CASE("several links within a second, or all within ten, are a machine's") {
  CHECK(Rules({Click(0), Click(0, kNow + 500)}) == std::vector<std::string>{"", ""});
  CHECK(Rules({Click(0), Click(1, kNow + 1000)}) ==
        std::vector<std::string>{"several-links", "several-links"});
  CHECK(Rules({Click(0), Click(1, kNow + 1001)}) == std::vector<std::string>{"", ""});
  std::vector<Hit> all;
  for (size_t i = 0; i < 5; ++i) all.push_back(Click(i, kNow + UnixMillis(i) * 2400));
  CHECK(Rules(all)[2] == "every-link");
  all.pop_back();
  CHECK(Rules(all)[2].empty());
  Hit one = Click(0);
  one.links = 1;
  CHECK(Rules({one}) == std::vector<std::string>{""});
}

TEST_CASE("what the same client did beside a scan belongs to it") {
  const std::vector<Hit> hits = {Click(0), Click(1), Open(), Click(0, kNow + 60'000)};
  CHECK(Rules(hits) ==
        std::vector<std::string>{"several-links", "several-links", "beside-scan", ""});
}

TEST_CASE("hits whose address is not kept are of no known client") {
  std::vector<Hit> hits = {Click(0), Click(1), Open(), Open()};
  for (Hit& hit : hits) hit.address.clear();
  hits[3].was_scanner = true;
  CHECK(Rules(hits) ==
        std::vector<std::string>{"several-links", "several-links", "", "scanner-network"});
}

TEST_CASE("every rule has a name, a reason and a source") {
  for (const HitRule& rule : HitRules()) {
    CHECK_FALSE(rule.name.empty());
    CHECK_FALSE(rule.reason.empty());
    CHECK_FALSE(rule.source.empty());
  }
}

}  // namespace egd::tracking
