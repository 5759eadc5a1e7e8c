#include "daemon/service/delivery/signer_cache.h"

#include <algorithm>
#include <utility>

#include "daemon/core/dkim_rotation.h"
#include "daemon/service/domains/domain_secrets.h"

namespace egd::service {

Result<std::shared_ptr<const dkim::Signer>> SignerCache::For(const core::SenderDomain& domain) {
  Keys keys = core::ActiveDkimKeys(domain);
  if (auto signer = Find(domain.id, keys)) return signer;
  auto signer = Make(domain, keys);
  if (signer) Keep(domain.id, std::move(keys), *signer);
  return signer;
}

Result<std::shared_ptr<const dkim::Signer>> SignerCache::Make(const core::SenderDomain& domain,
                                                              const Keys& keys) const {
  std::vector<dkim::SelectedKey> parsed;
  for (const core::DkimKey& key : keys) {
    const Result<std::string> pem = OpenDkimKey(domain, key, vault_);
    if (!pem) return pem.error();
    Result<dkim::PrivateKey> private_key = dkim::PrivateKey::Parse(*pem);
    if (!private_key) {
      return Internal("the DKIM key " + key.selector + " of " + domain.name + " is " +
                      private_key.error().detail);
    }
    parsed.push_back({key.selector, *std::move(private_key)});
  }
  return std::make_shared<const dkim::Signer>(domain.name, std::move(parsed));
}

std::shared_ptr<const dkim::Signer> SignerCache::Find(int64_t domain_id, const Keys& keys) {
  return state_.With([&](State& state) -> std::shared_ptr<const dkim::Signer> {
    const auto found = state.by_domain.find(domain_id);
    if (found == state.by_domain.end() || found->second.keys != keys) return nullptr;
    found->second.used = ++state.uses;
    return found->second.signer;
  });
}

void SignerCache::Keep(int64_t domain_id, Keys keys, std::shared_ptr<const dkim::Signer> signer) {
  state_.With([&](State& state) {
    state.by_domain[domain_id] = Entry{std::move(keys), std::move(signer), ++state.uses};
    if (state.by_domain.size() <= most_) return;
    state.by_domain.erase(std::ranges::min_element(
        state.by_domain, {}, [](const auto& entry) { return entry.second.used; }));
  });
}

}  // namespace egd::service
