#include "daemon/core/budget.h"

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

// A budget whose owner runs what it is given, and notes whose turn it was.
struct Shop {
  Budget budget;
  std::vector<std::string> served;

  bool Ask(const std::string& key, size_t units, const std::string& name) {
    const bool taken = budget.TakeOrWait(key, units, [this, name] { served.push_back(name); });
    if (taken) served.push_back(name);
    return taken;
  }
  void Return(const std::string& key, size_t units) {
    for (const auto& granted : budget.Return(key, units)) granted();
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("One key gets half, and what is left is for those who come", "[budget]") {
  Budget budget(100, 1);
  size_t greedy = 0;
  while (budget.TryTake("greedy", 1)) ++greedy;
  CHECK(greedy == 50);
  size_t second = 0;
  while (budget.TryTake("second", 1)) ++second;
  CHECK(second == 25);
  CHECK(budget.TryTake("third", 1));
  CHECK(budget.HeldBy("greedy") == 50);
}

TEST_CASE("A guaranteed share needs only to fit", "[budget]") {
  Budget budget(100, 20);
  for (int i = 0; i < 50; ++i) REQUIRE(budget.TryTake("a", 1));
  for (int i = 0; i < 25; ++i) REQUIRE(budget.TryTake("b", 1));
  size_t third = 0;
  while (budget.TryTake("c", 1)) ++third;
  CHECK(third == 20);
}

TEST_CASE("Who finds no room waits, and is served in the order of arrival", "[budget]") {
  Shop shop{{10, 10}, {}};
  CHECK(shop.Ask("a", 10, "first"));
  CHECK_FALSE(shop.Ask("b", 5, "second"));
  CHECK_FALSE(shop.Ask("c", 5, "third"));
  CHECK_FALSE(shop.Ask("d", 5, "fourth"));
  shop.Return("a", 10);
  CHECK(shop.served == Names{"first", "second", "third"});
  shop.Return("b", 5);
  CHECK(shop.served.back() == "fourth");
  CHECK(shop.budget.waiting() == 0);
}

TEST_CASE("Small jobs pass large ones, but not for ever", "[budget]") {
  Shop shop{{10, 10}, {}};
  REQUIRE(shop.Ask("a", 5, "holder"));
  REQUIRE_FALSE(shop.Ask("b", 8, "large"));
  for (size_t i = 0; i < Budget::kMostPassed; ++i) {
    REQUIRE(shop.Ask("c", 1, "small"));
    shop.Return("c", 1);
  }
  CHECK_FALSE(shop.Ask("c", 1, "late"));
  shop.Return("a", 5);
  CHECK(shop.served[shop.served.size() - 2] == "large");
  CHECK(shop.served.back() == "late");
}

TEST_CASE("A greedy key's jobs that wait for its own share hold nobody up", "[budget]") {
  Shop shop{{100, 0}, {}};
  REQUIRE(shop.Ask("greedy", 50, "first"));
  REQUIRE_FALSE(shop.Ask("greedy", 20, "more"));
  CHECK(shop.Ask("other", 20, "other"));
  shop.Return("greedy", 50);
  CHECK(shop.served == Names{"first", "other", "more"});
}

TEST_CASE("A job larger than everything gets everything, alone", "[budget]") {
  Shop shop{{10, 2}, {}};
  REQUIRE(shop.Ask("a", 1, "small"));
  REQUIRE_FALSE(shop.Ask("b", 50, "huge"));
  shop.Return("a", 1);
  CHECK(shop.served.back() == "huge");
  CHECK(shop.budget.free() == 0);
  CHECK_FALSE(shop.Ask("c", 1, "next"));
  shop.Return("b", 50);
  CHECK(shop.served.back() == "next");
}

TEST_CASE("More than was taken is never given back", "[budget]") {
  Budget budget(10, 10);
  REQUIRE(budget.TryTake("a", 3));
  (void)budget.Return("a", 100);
  (void)budget.Return("nobody", 5);
  CHECK(budget.used() == 0);
  CHECK(budget.free() == 10);
}

}  // namespace egd::core
