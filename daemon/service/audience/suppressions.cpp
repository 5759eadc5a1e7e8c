#include "daemon/service/audience/suppressions.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "daemon/core/email_address.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kBatch = 1000;   // addresses a commit: a few milliseconds of the writer's time
constexpr size_t kPart = 10'000;  // addresses in memory

// Adds to `rows` the suppression of `address`, which may be blank or wrong.
void Read(std::string_view address, size_t line, SuppressionImport& import,
          std::vector<std::string>& rows) {
  address = Trim(address);
  if (address.empty()) return;
  ++import.total;
  if (const auto parsed = core::ParseEmailAddress(address)) {
    rows.push_back(parsed->Text());
    return;
  }
  ++import.failed;
  if (import.failed_lines.size() < SuppressionImport::kMaxFailedLines) {
    import.failed_lines.push_back({line, "not a valid e-mail address"});
  }
}

}  // namespace

Result<store::SuppressionPage> Suppressions::List(int64_t user_id, const std::string& pattern,
                                                  const std::string& source, int64_t offset,
                                                  int64_t limit) {
  return store_.Read([&](store::Connection& connection) {
    return store::SuppressionStore(connection).List(user_id, pattern, source, offset, limit);
  });
}

AddressSource AddressesOf(const std::vector<std::string_view>& addresses) {
  return [&addresses, at = size_t(0)]() mutable -> std::optional<std::string_view> {
    if (at == addresses.size()) return std::nullopt;
    return addresses[at++];
  };
}

Result<SuppressionImport> Suppressions::Import(int64_t user_id, const AddressSource& next,
                                               const std::string& source,
                                               const std::string& reason) {
  SuppressionImport import;
  size_t line = 0;
  for (auto address = next(); address;) {
    std::vector<std::string> part;
    for (; address && part.size() < kPart; address = next()) Read(*address, ++line, import, part);
    // As the table has them, so that a commit touches few of its pages.
    std::ranges::sort(part, LessIgnoreCase());
    for (std::span<std::string> rest = part; !rest.empty();) {
      const auto batch = rest.first(std::min(rest.size(), kBatch));
      rest = rest.subspan(batch.size());
      const Result<int64_t> inserted = store_.Write([&](store::Transaction& tx) {
        store::SuppressionStore suppressions(tx);
        return int64_t(std::ranges::count_if(batch, [&](const std::string& address) {
          return suppressions.Insert({user_id, address, source, reason, clock_.Now()});
        }));
      });
      if (!inserted) return inserted.error();
      import.imported += *inserted;
      import.duplicates += int64_t(batch.size()) - *inserted;
    }
  }
  return import;
}

Result<int64_t> Suppressions::Delete(int64_t user_id, const AddressSource& next) {
  int64_t total = 0;
  for (auto address = next(); address;) {
    std::vector<std::string> batch;
    for (; address && batch.size() < kBatch; address = next()) {
      if (!Trim(*address).empty()) batch.emplace_back(Trim(*address));
    }
    const Result<int64_t> deleted = store_.Write([&](store::Transaction& tx) {
      store::SuppressionStore suppressions(tx);
      return int64_t(std::ranges::count_if(
          batch, [&](const std::string& gone) { return suppressions.Delete(user_id, gone); }));
    });
    if (!deleted) return deleted.error();
    total += *deleted;
  }
  return total;
}

Result<std::vector<store::SuppressionCount>> Suppressions::CountBySource(int64_t user_id) {
  return store_.Read([&](store::Connection& connection) {
    return store::SuppressionStore(connection).CountBySource(user_id);
  });
}

}  // namespace egd::service
