#include "daemon/service/signer_cache.h"

#include <algorithm>
#include <utility>

#include "daemon/service/domain_secrets.h"

namespace egd::service {

Result<std::shared_ptr<const dkim::Signer>> SignerCache::For(const core::SenderDomain& domain) {
  if (auto signer = Find(domain)) return signer;
  const Result<std::string> key = OpenDkimKey(domain, vault_);
  if (!key) return key.error();
  auto signer = dkim::Signer::Make(domain.name, domain.dkim_selector, *key);
  if (signer) Keep(domain, *signer);
  return signer;
}

std::shared_ptr<const dkim::Signer> SignerCache::Find(const core::SenderDomain& domain) {
  return state_.With([&](State& state) -> std::shared_ptr<const dkim::Signer> {
    const auto found = state.by_domain.find(domain.id);
    if (found == state.by_domain.end()) return nullptr;
    Entry& entry = found->second;
    if (entry.sealed_key != domain.dkim_private_key || entry.selector != domain.dkim_selector) {
      return nullptr;
    }
    entry.used = ++state.uses;
    return entry.signer;
  });
}

void SignerCache::Keep(const core::SenderDomain& domain,
                       std::shared_ptr<const dkim::Signer> signer) {
  state_.With([&](State& state) {
    state.by_domain[domain.id] =
        Entry{domain.dkim_private_key, domain.dkim_selector, std::move(signer), ++state.uses};
    if (state.by_domain.size() <= most_) return;
    state.by_domain.erase(std::ranges::min_element(
        state.by_domain, {}, [](const auto& entry) { return entry.second.used; }));
  });
}

}  // namespace egd::service
