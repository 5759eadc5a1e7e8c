#include "daemon/core/domain.h"

#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr std::string_view kDomainStatuses[] = {"Approval Pending", "Enabled", "Disabled", "Suspended"};
constexpr std::string_view kRecordStatuses[] = {"unchecked", "pass", "fail", "temperror"};

template <typename Enum, size_t N>
std::optional<Enum> FromName(const std::string_view (&names)[N], std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (EqualsIgnoreCase(names[i], name)) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view Name(DomainStatus status) { return kDomainStatuses[static_cast<size_t>(status)]; }
std::optional<DomainStatus> ParseDomainStatus(std::string_view name) {
  return FromName<DomainStatus>(kDomainStatuses, name);
}

std::string_view Name(RecordStatus status) { return kRecordStatuses[static_cast<size_t>(status)]; }
std::optional<RecordStatus> ParseRecordStatus(std::string_view name) {
  return FromName<RecordStatus>(kRecordStatuses, name);
}

}  // namespace egd::core
