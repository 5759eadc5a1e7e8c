#include "shared/config/options.h"

#include <limits>
#include <set>

#include <catch2/catch.hpp>

#include "shared/config/checks.h"

namespace egd::config {
namespace {

TEST_CASE("every row has a key of its own, a help text and bounds that its type can hold") {
  std::set<std::string_view> keys;
  for (const Option& option : Options()) {
    CAPTURE(option.key);
    CHECK(keys.insert(option.key).second);
    CHECK(FindOption(option.key) == &option);
    CHECK(option.help.size() > 10);
    CHECK(option.help.back() == '.');
    if (std::holds_alternative<Place<int>>(option.field)) {
      CHECK(option.rule.minimum >= std::numeric_limits<int>::min());
      CHECK(option.rule.maximum <= std::numeric_limits<int>::max());
    }
  }
  CHECK(FindOption("http.nothing") == nullptr);
}

TEST_CASE("names are derived from the key") {
  const Option& listen = *FindOption("http.listen");
  CHECK(listen.Section() == "http");
  CHECK(listen.Name() == "listen");
  CHECK(listen.EnvironmentName() == "EGD_HTTP_LISTEN");
  CHECK(listen.TypeName() == "a list of strings");
  CHECK(FindOption("data_dir")->Section() == "");
  CHECK(FindOption("data_dir")->EnvironmentName() == "EGD_DATA_DIR");
}

TEST_CASE("a reload names what only a restart applies") {
  Config running, loaded;
  loaded.log.level = log::Level::kDebug;
  CHECK(ChangedWithoutReload(running, loaded).empty());
  loaded.data_dir = "/elsewhere";
  loaded.http.threads = 5;
  CHECK(ChangedWithoutReload(running, loaded) ==
        std::vector<std::string>{"data_dir", "http.threads"});
}

TEST_CASE("values are written as TOML") {
  Config config;
  config.data_dir = "/a \"quoted\" \\ path";
  CHECK(ValueText(*FindOption("data_dir"), config) == "\"/a \\\"quoted\\\" \\\\ path\"");
  CHECK(ValueText(*FindOption("http.listen"), config) == "[\"127.0.0.1:8025\"]");
  CHECK(ValueText(*FindOption("delivery.expire_after"), config) == "\"4d\"");
  CHECK(ValueText(*FindOption("log.level"), config) == "\"info\"");
}

TEST_CASE("durations") {
  using std::chrono::seconds;
  CHECK(ParseDuration("90s") == seconds(90));
  CHECK(ParseDuration("15m") == seconds(900));
  CHECK(ParseDuration("4h") == seconds(14400));
  CHECK(ParseDuration("2d") == seconds(172800));
  for (const auto* wrong :
       {"", "s", "1", "0s", "-1s", "1.5h", "1 h", "1w", "1h30m", "99999999999d"}) {
    CAPTURE(wrong);
    CHECK(!ParseDuration(wrong));
  }
  CHECK(FormatDuration(seconds(90)) == "90s");
  CHECK(FormatDuration(seconds(3600)) == "1h");
  CHECK(FormatDuration(seconds(0)) == "0s");
}

TEST_CASE("listen addresses") {
  for (const auto* good : {"127.0.0.1:1", "0.0.0.0:65535", "[::1]:25", "[::]:80"}) {
    CAPTURE(good);
    CHECK(!CheckListen(good));
  }
  for (const auto* wrong :
       {"", ":25", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:2x",
        "::1:25", "[127.0.0.1]:25", "[::1]", "host:25", "1.2.3:4"}) {
    CAPTURE(wrong);
    CHECK(CheckListen(wrong));
  }
}

TEST_CASE("host:port") {
  for (const auto* good : {"", "relay.example.net:25", "127.0.0.1:2525", "[::1]:25"}) {
    CAPTURE(good);
    CHECK(!CheckHostAndPort(good));
  }
  for (const auto* wrong : {"relay.example.net", "relay..net:25", "-a:25", "[host]:25", "a b:25"}) {
    CAPTURE(wrong);
    CHECK(CheckHostAndPort(wrong));
  }
}

TEST_CASE("networks") {
  for (const auto* good : {"10.0.0.0/8", "127.0.0.1/32", "0.0.0.0/0", "fd00::/8", "::1/128"}) {
    CAPTURE(good);
    CHECK(!CheckNetwork(good));
  }
  for (const auto* wrong :
       {"", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::1/129", "10.0.0.0/",
        "10.0.0.0/8/8", "example.com/8", "10.0.0.1/8", "10.128.0.0/8", "fd00::1/8"}) {
    CAPTURE(wrong);
    CHECK(CheckNetwork(wrong));
  }
}

TEST_CASE("host names and labels") {
  CHECK(!CheckHostName("mail.example.com"));
  CHECK(!CheckHostName("localhost"));
  for (const auto* wrong :
       {"-a.example", "a_b.example", "a..b", "127.0.0.1", "a.example.", "exämple"}) {
    CAPTURE(wrong);
    CHECK(CheckHostName(wrong));
  }
  CHECK(CheckHostName(std::string(64, 'a')));
  CHECK(!CheckHostLabel("sl"));
  CHECK(!CheckHostLabel(std::string(32, 'a')));
  for (const auto& wrong : {std::string(), std::string("-a"), std::string("a-"), std::string("a.b"),
                            std::string(33, 'a')}) {
    CAPTURE(wrong);
    CHECK(CheckHostLabel(wrong));
  }
}

TEST_CASE("placeholders") {
  CHECK(!CheckPlaceholders("{selector}._domainkey.{domain}"));
  CHECK(!CheckPlaceholders("plain"));
  CHECK(CheckPlaceholders("{domain"));
  CHECK(CheckPlaceholders("{}"));
  CHECK(CheckPlaceholders("{Domain}"));
}

TEST_CASE("socket paths fit the kernel's structure") {
  CHECK(!CheckSocketPath(std::string(107, 'a')));
  CHECK(CheckSocketPath(std::string(108, 'a')));
}

}  // namespace
TEST_CASE("an address ends where its text does") {
  using namespace std::string_view_literals;
  CHECK(CheckListen("127.0.0.1\0x:80"sv));
  CHECK(CheckNetwork("10.0.0.0\0x/8"sv));
}

}  // namespace egd::config
