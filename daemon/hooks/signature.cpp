#include "daemon/hooks/signature.h"

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::hooks {

std::string Signatures(const std::vector<std::string>& keys, std::string_view id,
                       std::string_view timestamp, std::string_view body, const Mac& mac) {
  std::string content;
  content.reserve(id.size() + timestamp.size() + body.size() + 2);
  content.append(id).append(".").append(timestamp).append(".").append(body);
  std::vector<std::string> signatures;
  for (const std::string& key : keys) signatures.push_back("v1," + Base64(mac(key, content)));
  return Join(signatures, " ");
}

}  // namespace egd::hooks
