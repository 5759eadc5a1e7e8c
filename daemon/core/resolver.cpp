#include "daemon/core/resolver.h"

#include <future>
#include <memory>

namespace egd::core {

DnsAnswer ResolveBlocking(Resolver& resolver, const std::string& name, DnsType type) {
  const auto promise = std::make_shared<std::promise<DnsAnswer>>();
  auto answer = promise->get_future();
  resolver.Resolve(name, type, [promise](DnsAnswer got) { promise->set_value(std::move(got)); });
  return answer.get();
}

}  // namespace egd::core
