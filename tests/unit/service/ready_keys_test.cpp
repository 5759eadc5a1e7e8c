// DKIM keys made ahead.
#include "daemon/service/domains/ready_keys.h"

#include <set>
#include <thread>

#include <catch2/catch.hpp>

namespace egd::service {
namespace {

using core::DkimAlgorithm;

void WaitFor(const ReadyKeys& keys, size_t count) {
  while (keys.count() < count) std::this_thread::yield();
}

}  // namespace

TEST_CASE("ready keys are kept, each given once, and replaced") {
  ReadyKeys keys(2);
  keys.Start();
  WaitFor(keys, 2);
  std::set<std::string> taken;
  for (int i = 0; i < 3; ++i) taken.insert(keys.Take(DkimAlgorithm::kRsaSha256).public_key);
  CHECK(taken.size() == 3);
  WaitFor(keys, 2);
  keys.Interrupt();
  keys.Join();
}

TEST_CASE("without ready keys one is made when it is asked for") {
  ReadyKeys keys(0);
  keys.Start();
  CHECK(dkim::PrivateKey::Parse(keys.Take(DkimAlgorithm::kRsaSha256).private_key)->algorithm() ==
        DkimAlgorithm::kRsaSha256);
  CHECK(
      dkim::PrivateKey::Parse(keys.Take(DkimAlgorithm::kEd25519Sha256).private_key)->algorithm() ==
      DkimAlgorithm::kEd25519Sha256);
  CHECK(keys.count() == 0);
}

}  // namespace egd::service
