#include "daemon/auth/admin_key.h"

#include "daemon/auth/digest.h"
#include "daemon/auth/secret_file.h"
#include "shared/base/strings.h"

namespace egd::auth {
namespace {

constexpr size_t kMinLength =
    32;  // an operator's own key is text of unknown quality; this keeps out "admin"

}  // namespace

Result<std::string> AdminKeyDigest(const std::string& data_dir) {
  const std::string path = data_dir + "/admin.key";
  const Result<std::string> content =
      ReadOrMakeSecretFile(path, [] { return NewKey(kAdminKeyPrefix) + "\n"; });
  if (!content) return content.error();
  const std::string_view key = Trim(*content);
  if (key.size() < kMinLength) {
    return UnusableSecret(
        path + " holds a key of fewer than 32 characters; delete it to have a new one made");
  }
  return Sha256(key);
}

}  // namespace egd::auth
