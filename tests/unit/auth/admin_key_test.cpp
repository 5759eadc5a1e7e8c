#include "daemon/auth/admin_key.h"

#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include "daemon/auth/digest.h"
#include "tests/unit/temp_dir.h"

namespace egd::auth {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteKey(const TempDir& dir, const std::string& content) {
  std::ofstream(dir.File("admin.key")) << content;
  REQUIRE(chmod(dir.File("admin.key").c_str(), 0600) == 0);
}

}  // namespace

TEST_CASE("the admin key is made on first start, as one line, and stays the same") {
  const TempDir dir;
  const Result<std::string> digest = AdminKeyDigest(dir.path());
  REQUIRE(digest);
  const std::string line = ReadFile(dir.File("admin.key"));
  CHECK(line.starts_with("eg_admin_"));
  CHECK(line.back() == '\n');
  CHECK(*digest == Sha256(line.substr(0, line.size() - 1)));
  struct stat info {};
  REQUIRE(stat(dir.File("admin.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  CHECK(*AdminKeyDigest(dir.path()) == *digest);
}

TEST_CASE("an operator may write an admin key of their own, if it is long enough") {
  const TempDir dir;
  const std::string own(32, 'x');
  WriteKey(dir, "  " + own + "\r\n");
  CHECK(*AdminKeyDigest(dir.path()) == Sha256(own));
  WriteKey(dir, "admin\n");
  const Result<std::string> weak = AdminKeyDigest(dir.path());
  REQUIRE_FALSE(weak);
  CHECK(weak.error().public_text.find("32 characters") != std::string::npos);
  WriteKey(dir, "");
  CHECK_FALSE(AdminKeyDigest(dir.path()));
}

}  // namespace egd::auth
