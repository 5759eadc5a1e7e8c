#include "daemon/service/domains/ready_keys.h"

#include <optional>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "shared/base/log.h"

namespace egd::service {
namespace {

constexpr int kNiceness = 19;
constexpr std::chrono::hours kUntilWoken{24};

}  // namespace

void ReadyKeys::Start() {
  if (wanted_ > 0) ticker_.Start();
}

dkim::KeyPair ReadyKeys::Take(core::DkimAlgorithm algorithm) {
  std::optional<dkim::KeyPair> ready;
  if (algorithm == core::DkimAlgorithm::kRsaSha256) {
    keys_.With([&](auto& keys) {
      if (keys.empty()) return;
      ready = std::move(keys.front());
      keys.pop_front();
    });
    if (wanted_ > 0) ticker_.Wake();
  }
  return ready ? *std::move(ready) : dkim::GenerateKey(algorithm);
}

size_t ReadyKeys::count() const {
  return keys_.With([](const auto& keys) { return keys.size(); });
}

std::chrono::milliseconds ReadyKeys::Fill() {
  if (!std::exchange(is_nice_, true)) {
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
  }
  if (count() >= wanted_) return kUntilWoken;
  while (count() < wanted_) {
    if (ticker_.Interrupted()) return kUntilWoken;
    dkim::KeyPair pair = dkim::GenerateKey(core::DkimAlgorithm::kRsaSha256);
    keys_.With([&](auto& keys) { keys.push_back(std::move(pair)); });
  }
  log::Info("DKIM keys ready", {{"count", std::to_string(wanted_)}});
  return kUntilWoken;
}

}  // namespace egd::service
