// Digests and keys. A key is 256 random bits as base62 text behind a prefix that names its kind, so
// a plain SHA-256 of it can neither be guessed nor reversed: no salt and no slow hash are needed.
// Pure functions, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "shared/base/sha256.h"

namespace egd::auth {

constexpr std::string_view kSenderKeyPrefix = "eg_live_";
constexpr std::string_view kTestKeyPrefix = "eg_test_";  // a sender key too
constexpr std::string_view kUserKeyPrefix = "eg_user_";
constexpr std::string_view kAdminKeyPrefix = "eg_admin_";
constexpr std::string_view kSessionPrefix = "eg_sess_";

using egd::HmacSha256;
using egd::Sha256;

// Takes the same time wherever the two differ; their lengths are not secret.
bool EqualInConstantTime(std::string_view a, std::string_view b);

// `prefix` and 43 letters and digits. The text is shown to its owner; keep only its Sha256.
std::string NewKey(std::string_view prefix);

}  // namespace egd::auth
