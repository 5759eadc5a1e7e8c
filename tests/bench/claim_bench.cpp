// bench_claim: what a claim and a look for the next due time cost the store while 1,000, 10,000 and
// 100,000 sender domains have mail that waits for a retry, and one has mail that is due. One JSON
// line each.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <stdlib.h>

#include "daemon/store/domain_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store.h"
#include "daemon/store/user_store.h"
#include "shared/base/log.h"

namespace egd::store {
namespace {

using Steady = std::chrono::steady_clock;

constexpr UnixMillis kNow = 1'700'000'000'000;
constexpr UnixMillis kLater = kNow + 3'600'000;
constexpr int kClaims = 300;
constexpr size_t kMost = 500;

double Micros(Steady::time_point since) {
  return std::chrono::duration<double, std::micro>(Steady::now() - since).count();
}

struct Times {
  std::vector<double> micros;
  double Median() {
    std::ranges::sort(micros);
    return micros[micros.size() / 2];
  }
  double Worst() { return *std::ranges::max_element(micros); }
};

core::Message MakeMessage(const core::SenderDomain& domain, int64_t number, UnixMillis send_at) {
  core::Message message;
  message.id.bytes[6] = 0x70;
  for (int i = 0; i < 6; ++i) message.id.bytes[size_t(15 - i)] = uint8_t(number >> (8 * i));
  message.user_id = domain.user_id;
  message.domain_id = domain.id;
  message.accepted_at = kNow;
  message.send_at = send_at;
  message.expires_at = kLater;
  return message;
}

void AddMail(Transaction& tx, const core::SenderDomain& domain, int64_t number,
             UnixMillis send_at) {
  MessageStore(tx).Insert(MakeMessage(domain, number, send_at), "x",
                          {{"someone@example.net", "example.net"}});
}

core::SenderDomain AddDomain(Transaction& tx, int64_t user_id, int64_t number) {
  core::SenderDomain domain;
  domain.user_id = user_id;
  domain.name = "d" + std::to_string(number) + ".example";
  domain.status = core::DomainStatus::kEnabled;  // else its mail waits
  DomainStore(tx).Insert(domain);
  return domain;
}

int64_t AddUser(Store& store) {
  core::User user;
  user.username = "bench";
  return *store.Write([&](Transaction& tx) {
    UserStore(tx).Insert(user);
    return user.id;
  });
}

void Measure(int64_t domains) {
  std::string directory = std::filesystem::temp_directory_path() / "egd-claim-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return;
  {
    auto store = *Store::Open(directory);
    const int64_t user_id = AddUser(*store);
    constexpr int64_t kPart = 1000;
    for (int64_t first = 0; first < domains; first += kPart) {
      (void)store->Write([&](Transaction& tx) {
        for (int64_t n = first; n < std::min(first + kPart, domains); ++n) {
          AddMail(tx, AddDomain(tx, user_id, n), n, kLater + n);
        }
      });
    }
    Times claims, looks;
    (void)store->Write([&](Transaction& tx) {
      const core::SenderDomain busy = AddDomain(tx, user_id, domains);
      QueueStore queue(tx);
      for (int i = 0; i < kClaims; ++i) {
        AddMail(tx, busy, domains + i, kNow);
        auto start = Steady::now();
        const auto due = queue.Claim(kMost, kNow, {store->lease_owner(), kLater});
        claims.micros.push_back(Micros(start));
        core::DeliveryOutcome outcome;
        outcome.recipient_id = due.at(0).id;
        outcome.disposition = core::Disposition::kDelivered;
        queue.Settle(outcome);
        start = Steady::now();
        queue.NextDue();
        looks.micros.push_back(Micros(start));
      }
    });
    std::printf(
        "{\"bench\":\"claim\",\"waiting_domains\":%lld,\"claim_us\":%.1f,\"claim_worst_us\":%.1f,"
        "\"next_due_us\":%.1f,\"next_due_worst_us\":%.1f}\n",
        static_cast<long long>(domains), claims.Median(), claims.Worst(), looks.Median(),
        looks.Worst());
    std::fflush(stdout);
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace egd::store

int main() {
  egd::log::Configure(egd::log::Level::kError, egd::log::Format::kText);
  for (const int64_t domains : {1'000, 10'000, 100'000}) egd::store::Measure(domains);
}
