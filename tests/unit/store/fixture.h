// A store on a directory of its own, with what most tests need in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <stdlib.h>

#include "daemon/core/domain.h"
#include "daemon/core/message.h"
#include "daemon/core/user.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/store/store.h"
#include "daemon/store/user_store.h"

namespace egd::store {

class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "egd-store-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::unique_ptr<Store> OpenStore(const std::string& data_dir,
                                        const StoreOptions& options = {}) {
  Result<std::unique_ptr<Store>> store = Store::Open(data_dir, options);
  INFO((store ? "" : store.error().public_text));
  REQUIRE(store);
  return *std::move(store);
}

// What a store refuses to open with.
inline std::string Refusal(const std::string& data_dir) {
  const Result<std::unique_ptr<Store>> store = Store::Open(data_dir);
  REQUIRE_FALSE(store);
  return store.error().public_text;
}

// Of leases, where it does not matter which start of egd it is.
constexpr int64_t kOwner = 1;

// After all events of a test.
constexpr UnixMillis kMuchLater = 9'000'000'000'000;

inline core::User MakeUser(const std::string& name = "jane") {
  core::User user;
  user.username = name;
  user.email_address = name + "@example.com";
  user.created_at = 1000;
  return user;
}

inline core::SenderDomain MakeDomain(int64_t user_id, const std::string& name = "example.com") {
  core::SenderDomain domain;
  domain.user_id = user_id;
  domain.name = name;
  domain.created_at = 2000;
  return domain;
}

// The n-th message; IDs of later ones are greater, as with real UUIDs of version 7.
inline core::Message MakeMessage(const core::SenderDomain& domain, int n = 1,
                                 UnixMillis accepted_at = 10'000) {
  core::Message message;
  for (int i = 0; i < 6; ++i) message.id.bytes[5 - i] = uint8_t(accepted_at >> (8 * i));
  message.id.bytes[6] = 0x70;
  message.id.bytes[14] = uint8_t(n >> 8);
  message.id.bytes[15] = uint8_t(n);
  message.user_id = domain.user_id;
  message.domain_id = domain.id;
  message.from_header = "Jane <jane@example.com>";
  message.to_header = "bob@example.net";
  message.subject = "Hello";
  message.accepted_at = accepted_at;
  message.expires_at = accepted_at + 1000;
  return message;
}

// Empties the domain's queue at once. Returns how many recipients it dropped.
inline size_t DropQueue(Transaction& tx, int64_t domain_id, UnixMillis now) {
  QueueStore queue(tx);
  const int64_t closed = queue.Close(domain_id);
  return closed == 0 ? 0 : queue.DropClosed(closed, 1000, now).size();
}

// A store with one user and one of its domains. Statements run in one job each, which must succeed.
class Fixture {
 public:
  template <typename Job>
  auto Write(Job job) {
    auto result = store->Write(job);
    if (!result) FAIL(result.error().public_text + " " + result.error().detail);
    if constexpr (!std::is_same_v<decltype(result), Result<void>>) return *std::move(result);
  }
  template <typename Job>
  auto Read(Job job) {
    auto result = store->Read(job);
    if (!result) FAIL(result.error().public_text + " " + result.error().detail);
    if constexpr (!std::is_same_v<decltype(result), Result<void>>) return *std::move(result);
  }

  explicit Fixture(const StoreOptions& options = {}) : store(OpenStore(dir.path(), options)) {
    Write([&](Transaction& tx) {
      user = MakeUser();
      REQUIRE(UserStore(tx).Insert(user) == UserSaved::kSaved);
      domain = MakeDomain(user.id);
      REQUIRE(DomainStore(tx).Insert(domain) == DomainSaved::kSaved);
    });
  }

  TempDir dir;
  std::unique_ptr<Store> store;
  core::User user;
  core::SenderDomain domain;
};

}  // namespace egd::store
