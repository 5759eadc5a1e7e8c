#include "daemon/api/waiting_jobs.h"

#include <string>
#include <thread>

#include <catch2/catch.hpp>

namespace egd::api {
namespace {

bool Push(WaitingJobs<std::string>& jobs, int64_t user, std::string job) {
  return jobs.Push(user, job);
}
std::string Pop(WaitingJobs<std::string>& jobs) {
  const auto taken = jobs.Pop();
  return taken ? taken->job : "";
}

}  // namespace

TEST_CASE("users take turns, each in the order it came") {
  WaitingJobs<std::string> jobs;
  for (const char* job : {"a1", "a2", "a3"}) REQUIRE(Push(jobs, 1, job));
  for (const char* job : {"b1", "b2"}) REQUIRE(Push(jobs, 2, job));
  REQUIRE(Push(jobs, 7, "c1"));
  std::string order;
  for (int i = 0; i < 6; ++i) order += Pop(jobs);
  CHECK(order == "a1b1c1a2b2a3");
}

TEST_CASE("a user's further jobs wait for its own, not for others'") {
  WaitingJobs<std::string> jobs({.running_each = 2, .waiting_each = 9, .waiting_all = 9});
  for (const char* job : {"a1", "a2", "a3"}) REQUIRE(Push(jobs, 1, job));
  CHECK(Pop(jobs) == "a1");
  CHECK(Pop(jobs) == "a2");
  REQUIRE(Push(jobs, 2, "b1"));
  CHECK(Pop(jobs) == "b1");
  jobs.Done(1);
  CHECK(Pop(jobs) == "a3");
}

TEST_CASE("who has too many waiting is refused, and nobody else") {
  WaitingJobs<std::string> jobs({.running_each = 1, .waiting_each = 2, .waiting_all = 5});
  CHECK(Push(jobs, 1, "a1"));
  CHECK(Push(jobs, 1, "a2"));
  CHECK_FALSE(Push(jobs, 1, "a3"));
  CHECK(Push(jobs, 2, "b1"));
  CHECK(Push(jobs, 2, "b2"));
  CHECK(Push(jobs, 3, "c1"));
  CHECK_FALSE(Push(jobs, 4, "d1"));
}

TEST_CASE("a closed queue takes nothing, drops what waits and lets nobody wait") {
  WaitingJobs<std::string> jobs({.running_each = 1, .waiting_each = 9, .waiting_all = 9});
  REQUIRE(Push(jobs, 1, "a1"));
  REQUIRE(Push(jobs, 1, "a2"));
  REQUIRE(Pop(jobs) == "a1");
  bool handed_out = true;
  std::thread worker([&] { handed_out = jobs.Pop().has_value(); });
  jobs.Close();
  worker.join();
  CHECK_FALSE(handed_out);
  CHECK_FALSE(Push(jobs, 1, "late"));
  jobs.Done(1);
  CHECK_FALSE(jobs.Pop());
}

}  // namespace egd::api
