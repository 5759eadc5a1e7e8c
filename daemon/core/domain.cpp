#include "daemon/core/domain.h"

#include "daemon/core/name_table.h"

namespace egd::core {
namespace {

constexpr std::string_view kDomainStatuses[] = {"Approval Pending", "Enabled", "Disabled",
                                                "Suspended"};
constexpr std::string_view kRecordStatuses[] = {"unchecked", "pass", "fail", "temperror"};

}  // namespace

std::string_view Name(DomainStatus status) {
  return kDomainStatuses[static_cast<size_t>(status)];
}
std::optional<DomainStatus> ParseDomainStatus(std::string_view name) {
  return FromName<DomainStatus>(kDomainStatuses, name);
}

std::string_view Name(RecordStatus status) {
  return kRecordStatuses[static_cast<size_t>(status)];
}
std::optional<RecordStatus> ParseRecordStatus(std::string_view name) {
  return FromName<RecordStatus>(kRecordStatuses, name);
}

}  // namespace egd::core
