#include "daemon/store/write_job.h"

#include <string_view>

namespace egd::store {

// The compiler's words are the whole signature: "egd::Result<void> egd::service::Lists::Delete(…)".
std::string WriteJob::Name() const {
  constexpr std::string_view kProduct = "egd::";
  std::string_view name = origin_.function_name();
  name = name.substr(0, name.find('('));
  name = name.substr(name.rfind(' ') + 1);
  if (name.starts_with(kProduct)) name.remove_prefix(kProduct.size());
  return std::string(name);
}

}  // namespace egd::store
