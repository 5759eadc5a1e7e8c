// Where the gateway is and with what key, and the file that remembers both.
#include "cli/target.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "tests/unit/cli/fake_input.h"

namespace egd::cli {
namespace {

Target Resolved(const Words& words, const config::Environment& environment,
                const config::Profiles& profiles) {
  FakeInput input;
  input.files["key"] = "from-file\n";
  const auto target = ResolveTarget(words, environment, profiles, input);
  REQUIRE(target);
  return *target;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char pattern[] = "/tmp/egctl-test-XXXXXX";
    path_ = ::mkdtemp(pattern);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void Write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), 0600);
}

}  // namespace

TEST_CASE("URLs name a host, a port and a prefix, or a socket") {
  const auto http = ParseEndpoint("http://127.0.0.1:8025");
  REQUIRE(http);
  CHECK(http->kind == Endpoint::Kind::kHttp);
  CHECK(http->host == "127.0.0.1");
  CHECK(http->port == 8025);
  CHECK(http->prefix.empty());
  const auto https = ParseEndpoint("HTTPS://mail.example.com/gateway/");
  REQUIRE(https);
  CHECK(https->kind == Endpoint::Kind::kHttps);
  CHECK(https->port == 443);
  CHECK(https->prefix == "/gateway");
  const auto ip6 = ParseEndpoint("http://[::1]:80");
  REQUIRE(ip6);
  CHECK(ip6->host == "::1");
  for (const char* text : {"unix:/run/x.sock", "unix:///run/x.sock"}) {
    const auto socket = ParseEndpoint(text);
    REQUIRE(socket);
    CHECK(socket->host == "/run/x.sock");
    CHECK(socket->url == "unix:/run/x.sock");
  }
}

TEST_CASE("what is no URL is refused, a password in it without showing it") {
  for (const char* bad :
       {"", "example.com", "ftp://x", "http://", "http://x:0", "http://x:99999", "http://x:y",
        "unix:x", "unix:", "http://x?y", "http://[::1", "http://x\n"}) {
    INFO(bad);
    CHECK(!ParseEndpoint(bad));
  }
  const auto secret = ParseEndpoint("http://user:hunter2@example.com");
  REQUIRE(!secret);
  CHECK(secret.error().public_text.find("hunter2") == std::string::npos);
}

TEST_CASE("the URL comes from the option, the environment, the profile, or is the local socket") {
  const config::Profiles profiles = {{"default", {.url = "http://profile:1"}}};
  CHECK(Resolved({}, {}, {}).endpoint.url == kDefaultUrl);
  CHECK(Resolved({}, {}, profiles).endpoint.host == "profile");
  CHECK(Resolved({}, {{"EGCTL_URL", "http://env:1"}}, profiles).endpoint.host == "env");
  Words words;
  words.options["--url"] = {"http://option:1"};
  CHECK(Resolved(words, {{"EGCTL_URL", "http://env:1"}}, profiles).endpoint.host == "option");
}

TEST_CASE("the key comes from a file, the environment or the profile") {
  const config::Profiles profiles = {{"default", {.url = "http://h:1", .api_key = "from-profile"}}};
  CHECK(Resolved({}, {}, profiles).api_key == "from-profile");
  CHECK(Resolved({}, {{"EGCTL_API_KEY", "from-env"}}, profiles).api_key == "from-env");
  Words words;
  words.options["--api-key-file"] = {"key"};
  CHECK(Resolved(words, {{"EGCTL_API_KEY", "from-env"}}, profiles).api_key == "from-file");
}

TEST_CASE("a profile's key goes to no other gateway") {
  const config::Profiles profiles = {{"default", {.url = "http://mine:1", .session_id = "secret"}}};
  Words words;
  words.options["--url"] = {"http://other:1"};
  CHECK(Resolved(words, {}, profiles).session_id.empty());
  words.options["--url"] = {"http://mine:1"};
  CHECK(Resolved(words, {}, profiles).session_id == "secret");
}

TEST_CASE("a profile that is asked for must exist") {
  FakeInput input;
  Words words;
  words.options["--profile"] = {"stagin"};
  const auto target = ResolveTarget(words, {}, {{"staging", {}}}, input);
  REQUIRE(!target);
  CHECK(target.error().public_text == "there is no profile stagin; did you mean staging?");
}

TEST_CASE("a key with a line feed cannot become a header") {
  FakeInput input;
  CHECK(!ResolveTarget({}, {{"EGCTL_API_KEY", "a\nX-Evil: b"}}, {}, input));
}

TEST_CASE("profiles are found below XDG_CONFIG_HOME, else HOME") {
  CHECK(config::ProfilePath({{"HOME", "/home/j"}}) == "/home/j/.config/egctl/config.toml");
  CHECK(config::ProfilePath({{"HOME", "/home/j"}, {"XDG_CONFIG_HOME", "/x"}}) ==
        "/x/egctl/config.toml");
  CHECK(config::ProfilePath({{"HOME", "/home/j"}, {"XDG_CONFIG_HOME", "relative"}}) ==
        "/home/j/.config/egctl/config.toml");
  CHECK(config::ProfilePath({}).empty());
}

TEST_CASE("profiles survive being written and read, for their owner alone") {
  const TemporaryDirectory directory;
  const std::string path = directory / "egctl/config.toml";
  const config::Profiles profiles = {{"default", {.url = "unix:/x", .session_id = "s\"\\\n"}},
                                     {"two words", {.url = "https://y", .api_key = "k"}}};
  REQUIRE(config::SaveProfiles(path, profiles));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat((directory / "egctl").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  const auto read = config::LoadProfiles(path);
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK(read->at("default").session_id == "s\"\\\n");
  CHECK(read->at("two words").api_key == "k");
  REQUIRE(config::SaveProfiles(path, {}));
  CHECK(config::LoadProfiles(path)->empty());
}

TEST_CASE("no file means no profiles; a bad one is named with its line") {
  const TemporaryDirectory directory;
  const std::string path = directory / "config.toml";
  CHECK(config::LoadProfiles(path)->empty());
  const auto error = [&](const std::string& text) {
    Write(path, text);
    const auto loaded = config::LoadProfiles(path);
    REQUIRE(!loaded);
    return loaded.error().public_text;
  };
  CHECK(error("[profiles.a]\nulr = \"x\"\n") ==
        path + ":2:7: unknown key \"ulr\"; did you mean \"url\"?");
  CHECK(error("[profiles.a]\nurl = 5\n") == path + ":2:7: url must be a string");
  CHECK(error("[profile.a]\nurl = \"x\"\n").find("a profile is a table") != std::string::npos);
  CHECK(error("[profiles\n").starts_with(path + ":1:"));
  Write(path, "[profiles.a]\nurl = \"x\"\n");
  ::chmod(path.c_str(), 0640);
  REQUIRE(!config::LoadProfiles(path));
  CHECK(config::LoadProfiles(path).error().public_text.find("chmod 600") != std::string::npos);
}

}  // namespace egd::cli
