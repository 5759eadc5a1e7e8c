#include "shared/config/load.h"

#include <catch2/catch.hpp>

#include "shared/base/strings.h"

namespace egd::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string Problems(const std::string& text, const Environment& environment = {}) {
  return Join(LoadText(text, "egd.toml", environment).problems, "\n");
}

Config Good(const std::string& text, const Environment& environment = {}) {
  const Loaded loaded = LoadText(text, "egd.toml", environment);
  CHECK(Join(loaded.problems, "\n") == "");
  return loaded.config;
}

TEST_CASE("an empty file gives the defaults, with host names filled in") {
  const Config config = Good("");
  CHECK(config.data_dir == "/var/lib/egd");
  CHECK(config.http.listen == std::vector<std::string>{"127.0.0.1:8025"});
  CHECK(config.delivery.retry_schedule == std::vector<seconds>{minutes(1), minutes(5), minutes(15),
                                                               minutes(30), hours(1), hours(2),
                                                               hours(4)});
  CHECK(config.dns_records == DefaultDnsRecords());
  CHECK(!config.gateway.hostname.empty());
  CHECK(config.gateway.spf_host == config.gateway.hostname);
}

TEST_CASE("every type of option is read") {
  const Config config = Good(R"(
data_dir = "/tmp/x"
[gateway]
hostname = "mail.example.com"
spf_host = "spf.example.com"
[http]
listen = ["0.0.0.0:80", "[::1]:8080"]
max_body_bytes = 1048576
[api]
v1_errors_as_200 = true
[dns]
timeout_ms = 250
[delivery]
retry_schedule = ["1s", "2m"]
expire_after = "2d"
[log]
level = "warning"
format = "json"
[[dns_records]]
purpose = "SPF"
host = "{domain}"
type = "TXT"
value = "v=spf1 include:{spf_host} -all"
)");
  CHECK(config.data_dir == "/tmp/x");
  CHECK(config.gateway.mfrom_host == "mail.example.com");
  CHECK(config.gateway.spf_host == "spf.example.com");
  CHECK(config.smtp.advertised_host == "mail.example.com");
  CHECK(config.http.listen == std::vector<std::string>{"0.0.0.0:80", "[::1]:8080"});
  CHECK(config.http.max_body_bytes == 1048576);
  CHECK(config.api.v1_errors_as_200);
  CHECK(config.dns.timeout_ms == 250);
  CHECK(config.delivery.retry_schedule == std::vector<seconds>{seconds(1), minutes(2)});
  CHECK(config.delivery.expire_after == hours(48));
  CHECK(config.log.level == log::Level::kWarning);
  CHECK(config.log.format == log::Format::kJson);
  CHECK(config.dns_records == std::vector<DnsRecordTemplate>{
                                  {"SPF", "{domain}", "TXT", "v=spf1 include:{spf_host} -all"}});
}

TEST_CASE("an explicit empty list of records is an empty template") {
  CHECK(Good("dns_records = []").dns_records.empty());
}

TEST_CASE("unknown names are errors with line, column and the nearest name") {
  CHECK(Problems("[http]\nlisen = []") ==
        "egd.toml:2:1: unknown option \"http.lisen\"; did you mean \"http.listen\"?");
  CHECK(Problems("[htttp]\nlisten = []") ==
        "egd.toml:1:2: unknown section \"htttp\"; did you mean \"http\"?");
  CHECK(Problems("\n  datadir = \"x\"") ==
        "egd.toml:2:3: unknown option \"datadir\"; did you mean \"data_dir\"?");
  CHECK(Problems("zzzzzzzzz = 1") == "egd.toml:1:1: unknown option \"zzzzzzzzz\"");
  CHECK(Problems("http = 1") == "egd.toml:1:8: \"http\" is a section: write [http]");
  CHECK(Problems("[log]\ndns_records = []") ==
        "egd.toml:2:1: \"dns_records\" belongs above the first [section], not in [log]");
}

TEST_CASE("wrong types and values are errors that say what is wanted") {
  const auto problem = [](const std::string& text) {
    const std::string all = Problems(text);
    const size_t at = all.find(": ");
    return at == std::string::npos ? all : all.substr(at + 2);
  };
  CHECK(problem("data_dir = 5") == "data_dir must be a string");
  CHECK(problem("data_dir = \"\"") == "data_dir \"\" must not be empty");
  CHECK(problem("http.listen = \"127.0.0.1:80\"") == "http.listen must be a list of strings");
  CHECK(problem("http.listen = [80]") == "http.listen must be a list of strings");
  CHECK(problem("http.listen = [\"localhost:80\"]") ==
        "http.listen \"localhost:80\" is not ip:port, such as 127.0.0.1:8025 or [::1]:8025");
  CHECK(problem("http.threads = \"4\"") == "http.threads must be an integer");
  CHECK(problem("http.threads = 0") == "http.threads must be 1 to 1024");
  CHECK(problem("http.threads = 4294967297") == "http.threads must be 1 to 1024");
  CHECK(problem("api.v1_errors_as_200 = 1") == "api.v1_errors_as_200 must be true or false");
  CHECK(problem("delivery.expire_after = 3600") ==
        "delivery.expire_after must be a duration such as \"90s\", \"15m\", \"4h\" or \"2d\"");
  CHECK(problem("delivery.expire_after = \"1s\"") == "delivery.expire_after must be 1m to 30d");
  CHECK(problem("delivery.retry_schedule = []") == "delivery.retry_schedule must not be empty");
  CHECK(problem("delivery.route = \"smarthos\"") ==
        "delivery.route \"smarthos\" is not one of mx, smarthost; did you mean \"smarthost\"?");
  CHECK(problem("log.level = \"warn\"") ==
        "log.level \"warn\" is not one of debug, info, warning, error");
  CHECK(problem("webhooks.allow_networks = [\"10.0.0.0\"]") ==
        "webhooks.allow_networks \"10.0.0.0\" is not a network, such as 10.0.0.0/8 or fd00::/8");
  CHECK(problem("data_dir = \"a\\u0000b\"") == "data_dir must not hold control characters");
}

TEST_CASE("record templates are checked key by key") {
  const auto problem = [](const std::string& row) {
    return Problems("dns_records = [{" + row + "}]");
  };
  CHECK(problem("purpose = \"X\", host = \"h\", type = \"TXT\"") ==
        "egd.toml:1:15: dns_records needs value, a string");
  CHECK(problem("purpos = \"X\"") ==
        "egd.toml:1:15: dns_records has the unknown key \"purpos\"; did you mean \"purpose\"?");
  CHECK(problem(R"(purpose = "X", host = "{domian}", type = "TXT", value = "v")") ==
        "egd.toml:1:15: dns_records \"{domian}\" has the unknown placeholder {domian}; "
        "did you mean {domain}?");
  CHECK(problem(R"(purpose = "X", host = "h", type = "SRV", value = "v")") ==
        "egd.toml:1:15: dns_records type \"SRV\" is not one of A, AAAA, CNAME, MX, TXT");
}

TEST_CASE("every mistake is reported at once, in the order of the file") {
  CHECK(Problems("zzz = 1\nqqq = 2\n[log]\nlevel = 3", {{"EGD_DNS_TRIES", "x"}}) ==
        "egd.toml:1:1: unknown option \"zzz\"\n"
        "egd.toml:2:1: unknown option \"qqq\"\n"
        "egd.toml:4:9: log.level must be a string\n"
        "EGD_DNS_TRIES: dns.tries must be an integer");
}

TEST_CASE("text that is not TOML is an error with its place") {
  CHECK(Problems("[http\n").rfind("egd.toml:1:", 0) == 0);
  CHECK(Problems("x = \xff").rfind("egd.toml:1:", 0) == 0);
  CHECK(Problems("data_dir = \"a\"\ndata_dir = \"b\"").rfind("egd.toml:2:", 0) == 0);
}

TEST_CASE("options that need each other are checked together, wherever they come from") {
  CHECK(Problems("[http]\ntls_key = \"k\"") ==
        "egd.toml:2:11: http.tls_key needs http.tls_certificate too");
  CHECK(Problems("[delivery]\nroute = \"smarthost\"") ==
        "egd.toml:2:9: delivery.route smarthost needs delivery.smarthost");
  CHECK(Problems("[limits]\nmemory_bytes = 512") ==
        "egd.toml:2:16: limits.memory_bytes must be 0 or at least 134217728");
  Good("[delivery]\nroute = \"smarthost\"", {{"EGD_DELIVERY_SMARTHOST", "relay.example.net:25"}});
}

TEST_CASE("the environment overrides every type of option") {
  const Config config = Good("data_dir = \"/from/file\"\n[http]\nlisten = []",
                             {{"EGD_DATA_DIR", "/from/environment"},
                              {"EGD_HTTP_LISTEN", "127.0.0.1:1, 127.0.0.1:2"},
                              {"EGD_HTTP_THREADS", "7"},
                              {"EGD_DNS_SERVERS", ""},
                              {"EGD_API_V1_ERRORS_AS_200", "true"},
                              {"EGD_DELIVERY_RETRY_SCHEDULE", "1s,2s"},
                              {"EGD_LOG_LEVEL", "debug"},
                              {"EGD_DNS_RECORDS", "[]"}});
  CHECK(config.data_dir == "/from/environment");
  CHECK(config.http.listen == std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"});
  CHECK(config.http.threads == 7);
  CHECK(config.dns.servers.empty());
  CHECK(config.api.v1_errors_as_200);
  CHECK(config.delivery.retry_schedule == std::vector<seconds>{seconds(1), seconds(2)});
  CHECK(config.log.level == log::Level::kDebug);
  CHECK(config.dns_records.empty());
}

TEST_CASE("a wrong environment variable is named in the error") {
  CHECK(Problems("", {{"EGD_HTTP_THREADS", "many"}}) ==
        "EGD_HTTP_THREADS: http.threads must be an integer");
  CHECK(Problems("", {{"EGD_DNS_RECORDS", "[{"}}) ==
        "EGD_DNS_RECORDS: dns_records must be a list of tables with purpose, host, type and value");
}

TEST_CASE("a misspelt variable is a warning, an unrelated one is not") {
  const Loaded loaded =
      LoadText("", "f", {{"EGD_HTTP_LISTN", "x"}, {"EGD_SERVICE_ACCOUNT_TOKEN_FILE", "x"}});
  CHECK(loaded.problems.empty());
  CHECK(loaded.warnings ==
        std::vector<std::string>{"EGD_HTTP_LISTN is not an option; did you mean EGD_HTTP_LISTEN?"});
}

TEST_CASE("a file that cannot be read is one problem that says why") {
  CHECK(Join(Load("/nonexistent/egd.toml", {}).problems, "\n") ==
        "cannot read /nonexistent/egd.toml: No such file or directory");
  CHECK(Load("/proc", {}).problems.size() == 1);
}

TEST_CASE("destinations are matched by domain or mail host, the limits are optional") {
  const Config config = Good(R"(
[[destination]]
domain = "Example.com"
connections = 3
messages_per_minute = 600
[[destination]]
mx = ".google.com"
messages_per_connection = 50
tls = "require"
)");
  REQUIRE(config.destinations.size() == 2);
  CHECK(config.destinations[0].domain == "example.com");
  CHECK(config.destinations[0].connections == 3);
  CHECK(config.destinations[0].messages_per_minute == 600);
  CHECK(config.destinations[0].tls == "opportunistic");
  CHECK(config.destinations[1].mx == ".google.com");
  CHECK(config.destinations[1].messages_per_connection == 50);
  CHECK(config.destinations[1].tls == "require");
  CHECK(Problems("destination = [{connections = 1}]").find("needs either domain or mx") !=
        std::string::npos);
  CHECK(Problems("destination = [{domain = \"a.example\", connections = 0}]")
            .find("connections must be an integer from 1") != std::string::npos);
  CHECK(Problems("destination = [{domain = \"a.example\", tls = \"maybe\"}]")
            .find("tls must be one of opportunistic, require, verify") != std::string::npos);
  CHECK(Problems("destination = [{domian = \"a.example\"}]").find("did you mean \"domain\"") !=
        std::string::npos);
}

}  // namespace
}  // namespace egd::config
