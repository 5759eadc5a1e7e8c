// Users: who owns sender domains. Usernames and e-mail addresses are unique without (ASCII) case.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/user.h"
#include "daemon/store/connection.h"

namespace egd::store {

enum class UserSaved { kSaved, kUsernameTaken, kEmailAddressTaken, kMissing };

struct UserPage {
  std::vector<core::User> users;  // by id
  int64_t total = 0;              // of all pages
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class UserStore {
 public:
  explicit UserStore(Connection& connection) : connection_(connection) {}

  std::optional<core::User> Find(int64_t id);
  std::optional<core::User> FindByUsername(const std::string& username);     // any case
  std::optional<core::User> FindByEmailAddress(const std::string& address);  // any case
  UserSaved Insert(core::User& user);        // gives user.id, never used before
  UserSaved Update(const core::User& user);  // all but id and created_at
  // `keyword` is a substring, of any case, of username, address, name or company; empty: all.
  UserPage List(const std::string& keyword, int64_t from, int64_t count);
  int64_t Count();
  // From now on nobody sees it, nor what it has, which upkeep sweeps; events stay. Its sessions and
  // keys end at once. False: there is none.
  bool Delete(int64_t id);
  // Deletes some of what a deleted user has, about `most` rows, at last the user. Returns how many:
  // call again in another job until 0, its lists' sweeps first.
  size_t DeletePart(int64_t id, size_t most);

 private:
  Connection& connection_;
};

}  // namespace egd::store
