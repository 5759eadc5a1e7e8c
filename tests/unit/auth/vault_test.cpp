#include "daemon/auth/vault.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "daemon/auth/secret_file.h"
#include "tests/unit/temp_dir.h"

namespace egd::auth {
namespace {

void Write(const std::string& path, const std::string& content, mode_t mode) {
  std::ofstream(path) << content;
  REQUIRE(chmod(path.c_str(), mode) == 0);
}

size_t FileCount(const std::string& directory) {
  const auto files = std::filesystem::directory_iterator(directory);
  return size_t(std::distance(begin(files), end(files)));
}

}  // namespace

TEST_CASE("what is sealed opens again, in its own context only") {
  const Vault vault(std::string(32, 'k'));
  for (const std::string& plain : {std::string(), std::string("secret"), std::string(5000, '\0')}) {
    const std::string sealed = vault.Seal(plain, "sender-key:7");
    CHECK(sealed.size() == plain.size() + 29);
    CHECK((plain.empty() || sealed.find(plain) == std::string::npos));
    REQUIRE(vault.Open(sealed, "sender-key:7"));
    CHECK(*vault.Open(sealed, "sender-key:7") == plain);
    CHECK_FALSE(vault.Open(sealed, "sender-key:8"));
    CHECK_FALSE(vault.Open(sealed, ""));
  }
}

TEST_CASE("sealing twice gives different bytes") {
  const Vault vault(std::string(32, 'k'));
  CHECK(vault.Seal("secret", "c") != vault.Seal("secret", "c"));
}

TEST_CASE("a sealed text with any byte changed, cut or under another key does not open") {
  const Vault vault(std::string(32, 'k'));
  const std::string sealed = vault.Seal("secret", "c");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = char(damaged[i] ^ 1);
    CHECK_FALSE(vault.Open(damaged, "c"));
    CHECK_FALSE(vault.Open(sealed.substr(0, i), "c"));
  }
  CHECK_FALSE(Vault(std::string(32, 'K')).Open(sealed, "c"));
}

TEST_CASE("a derived key depends on purpose and master key, and on nothing else") {
  const Vault vault(std::string(32, 'k'));
  CHECK(vault.Derive("a").size() == 32);
  CHECK(vault.Derive("a") == vault.Derive("a"));
  CHECK(vault.Derive("a") != vault.Derive("b"));
  CHECK(vault.Derive("a") != Vault(std::string(32, 'K')).Derive("a"));
}

TEST_CASE("an error of the vault names the context to the log only, and the secret to nobody") {
  const Vault vault(std::string(32, 'k'));
  std::string sealed = vault.Seal("hunter2", "sender-key:7");
  sealed.back() = char(sealed.back() ^ 1);
  const Error error = vault.Open(sealed, "sender-key:7").error();
  CHECK(error.kind == ErrorKind::kInternal);
  CHECK(error.detail.find("sender-key:7") != std::string::npos);
  CHECK(error.detail.find("hunter2") == std::string::npos);
  CHECK(error.public_text.find("sender-key") == std::string::npos);
}

TEST_CASE("the master key is made once, for its owner alone, and found again") {
  const TempDir dir;
  std::string sealed;
  {
    const Result<Vault> vault = Vault::LoadOrMake(dir.path());
    REQUIRE(vault);
    sealed = vault->Seal("secret", "c");
  }
  struct stat info {};
  REQUIRE(stat(dir.File("master.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(info.st_size == 32);
  CHECK(FileCount(dir.path()) == 1);  // no scratch file left
  const Result<Vault> again = Vault::LoadOrMake(dir.path());
  REQUIRE(again);
  CHECK(*again->Open(sealed, "c") == "secret");
}

TEST_CASE("a master key of the wrong length or mode is refused in plain words and left alone") {
  const TempDir dir;
  const std::string path = dir.File("master.key");
  SECTION("too short") {
    Write(path, std::string(31, 'k'), 0600);
    CHECK(Vault::LoadOrMake(dir.path()).error().public_text.find("31 bytes instead of 32") !=
          std::string::npos);
  }
  SECTION("empty, as after a full disk") {
    Write(path, "", 0600);
    CHECK(Vault::LoadOrMake(dir.path()).error().public_text.find("0 bytes instead of 32") !=
          std::string::npos);
  }
  SECTION("far too long") {
    Write(path, std::string(10'000, 'k'), 0600);
    CHECK(Vault::LoadOrMake(dir.path()).error().public_text.find("too long") != std::string::npos);
  }
  SECTION("readable by the group") {
    Write(path, std::string(32, 'k'), 0640);
    CHECK(Vault::LoadOrMake(dir.path()).error().public_text.find("chmod 600 " + path) !=
          std::string::npos);
  }
  SECTION("a link") {
    Write(dir.File("elsewhere"), std::string(32, 'k'), 0600);
    std::filesystem::create_symlink(dir.File("elsewhere"), path);
    CHECK_FALSE(Vault::LoadOrMake(dir.path()));
  }
  SECTION("a directory") {
    std::filesystem::create_directory(path);
    CHECK_FALSE(Vault::LoadOrMake(dir.path()));
  }
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("a data directory that is not there is an error, not a crash") {
  const TempDir dir;
  CHECK_FALSE(Vault::LoadOrMake(dir.File("missing")));
}

TEST_CASE("a secret file's maker is not asked when the file is there") {
  const TempDir dir;
  const std::string path = dir.File("admin.key");
  REQUIRE(*ReadOrMakeSecretFile(path, [] { return std::string("first"); }) == "first");
  CHECK(*ReadOrMakeSecretFile(path, [] { return std::string("second"); }) == "first");
}

}  // namespace egd::auth
