#include "shared/base/result.h"

#include <memory>
#include <set>

#include <catch2/catch.hpp>

#include "shared/base/guarded.h"
#include "shared/base/random.h"

namespace egd {
namespace {

TEST_CASE("a Result is a value or an error") {
  const Result<int> good = 5;
  CHECK(good);
  CHECK(*good == 5);
  const Result<int> bad = NotFound("no such thing");
  CHECK(!bad);
  CHECK(bad.error().kind == ErrorKind::kNotFound);
  CHECK(bad.error().public_text == "no such thing");
}

TEST_CASE("a Result gives up a value that only moves") {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 7);
}

TEST_CASE("a Result of a string is never taken for an error") {
  const Result<std::string> text = std::string("text");
  REQUIRE(text);
  CHECK(text->size() == 4);
}

TEST_CASE("a Result<void> is done or an error") {
  CHECK(Result<void>());
  const Result<void> bad = Internal("disk on fire");
  CHECK(!bad);
  CHECK(bad.error().detail == "disk on fire");
  CHECK(bad.error().public_text == "internal error");
}

TEST_CASE("every kind of error has a name, an HTTP status and an exit code of its own row") {
  const std::pair<ErrorKind, int> kStatuses[] = {
      {ErrorKind::kInvalidArgument, 400}, {ErrorKind::kUnauthenticated, 401},
      {ErrorKind::kForbidden, 403},       {ErrorKind::kNotFound, 404},
      {ErrorKind::kConflict, 409},        {ErrorKind::kTooLarge, 413},
      {ErrorKind::kUnprocessable, 422},   {ErrorKind::kRateLimited, 429},
      {ErrorKind::kInternal, 500},        {ErrorKind::kUnavailable, 503}};
  std::set<std::string_view> names;
  for (const auto& [kind, status] : kStatuses) {
    CHECK(HttpStatus(kind) == status);
    CHECK(names.insert(Name(kind)).second);
    CHECK((ExitCode(kind) >= 1 && ExitCode(kind) <= 9));
  }
}

TEST_CASE("Guarded hands out its value under the lock and passes results on") {
  Guarded<int> number(40);
  number.With([](int& n) { n += 2; });
  CHECK(number.With([](const int& n) { return n; }) == 42);
}

TEST_CASE("random numbers stay below their bound and reach every value") {
  CHECK(RandomBytes(0).empty());
  CHECK(RandomBytes(32) != RandomBytes(32));
  CHECK(RandomBelow(1) == 0);
  std::set<uint64_t> seen;
  for (int i = 0; i < 400; ++i) seen.insert(RandomBelow(4));
  CHECK(seen == std::set<uint64_t>{0, 1, 2, 3});
}

}  // namespace
}  // namespace egd
