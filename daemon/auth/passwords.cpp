#include "daemon/auth/passwords.h"

#include <chrono>

#include <argon2.h>

#include "shared/base/random.h"

namespace egd::auth {
namespace {

constexpr uint32_t kPasses = 2;
constexpr uint32_t kMemoryKiB = 19 * 1024;
constexpr uint32_t kLanes = 1;
constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
constexpr std::chrono::seconds kPatience(5);  // ten times what all places need

// The hash of a password that was thrown away: what an unknown user's password is compared with.
constexpr char kNobody[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

// A place, and in it a turn; given back at the end of the scope.
class Turn {
 public:
  Turn(std::counting_semaphore<>& places, std::counting_semaphore<>& turns)
      : places_(places), turns_(turns), placed_(places.try_acquire()) {
    taken_ = placed_ && turns_.try_acquire_for(kPatience);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (taken_) turns_.release();
    if (placed_) places_.release();
  }
  explicit operator bool() const { return taken_; }

 private:
  std::counting_semaphore<>& places_;
  std::counting_semaphore<>& turns_;
  const bool placed_;
  bool taken_ = false;
};

Error Busy() {
  return Unavailable("Too many logins at once; try again in a moment");
}

}  // namespace

Result<std::string> Passwords::Hash(std::string_view password) {
  const Turn turn(places_, turns_);
  if (!turn) return Busy();
  const std::string salt = RandomBytes(kSaltBytes);
  std::string hash(
      argon2_encodedlen(kPasses, kMemoryKiB, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int status =
      argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, hash.data(), hash.size());
  if (status != ARGON2_OK)
    return Internal(std::string("Argon2id: ") + argon2_error_message(status));
  hash.pop_back();  // its own NUL
  return hash;
}

Result<bool> Passwords::Matches(std::string_view password, const std::string& hash) {
  const Turn turn(places_, turns_);
  if (!turn) return Busy();
  const int status =
      argon2id_verify(hash.empty() ? kNobody : hash.c_str(), password.data(), password.size());
  if (status != ARGON2_OK && status != ARGON2_VERIFY_MISMATCH) {
    return Internal(std::string("Argon2id: ") + argon2_error_message(status));
  }
  return status == ARGON2_OK && !hash.empty();
}

}  // namespace egd::auth
