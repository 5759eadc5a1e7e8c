#include "daemon/core/dkim_rotation.h"

#include <algorithm>

#include "shared/base/strings.h"

namespace egd::core {
namespace {

constexpr UnixMillis kMinute = 60'000, kHour = 60 * kMinute;
constexpr UnixMillis kEachTick = kMinute / 2;  // however late a tick is

template <typename Matches>
const DkimKey* FindKey(const SenderDomain& domain, Matches matches) {
  const auto found = std::ranges::find_if(domain.dkim_keys, matches);
  return found == domain.dkim_keys.end() ? nullptr : &*found;
}

size_t CountRecords(const SenderDomain& domain, const DkimKey& key) {
  return size_t(std::ranges::count(domain.records, key.selector, &DnsRecord::selector));
}

size_t CountRecords(const SenderDomain& domain, const DkimKey& key, RecordStatus status) {
  return size_t(std::ranges::count_if(domain.records, [&](const DnsRecord& record) {
    return record.selector == key.selector && record.status == status;
  }));
}

void Enter(DkimKey& key, DkimKeyState state, UnixMillis now, UnixMillis due_at) {
  key.state = state;
  key.since = now;
  key.due_at = due_at;
}

void RetireActive(SenderDomain& domain, DkimAlgorithm algorithm, UnixMillis now, UnixMillis grace) {
  for (DkimKey& key : domain.dkim_keys) {
    if (key.algorithm == algorithm && key.state == DkimKeyState::kActive) {
      Enter(key, DkimKeyState::kRetiring, now, now + grace);
    }
  }
}

bool IsPublished(const SenderDomain& domain, const DkimKey& key) {
  const size_t passed = CountRecords(domain, key, RecordStatus::kPass);
  return passed > 0 && passed == CountRecords(domain, key);
}

// Returns whether there was any.
template <typename Matches>
bool DeleteKeys(SenderDomain& domain, Matches matches) {
  for (const DkimKey& key : domain.dkim_keys) {
    if (!matches(key)) continue;
    std::erase_if(domain.records,
                  [&](const DnsRecord& record) { return record.selector == key.selector; });
  }
  return std::erase_if(domain.dkim_keys, matches) > 0;
}

std::string Month(UnixMillis now) {
  const std::string day = FormatDateTime(now);
  return day.substr(0, 4) + day.substr(5, 2);
}

// 2 for "eg202611-2", 1 for "eg202611", 0 for what is not of `series`.
int64_t NumberIn(std::string_view series, std::string_view selector) {
  if (selector == series) return 1;
  if (!selector.starts_with(series)) return 0;
  selector.remove_prefix(series.size());
  return selector.starts_with('-') ? ParseInteger(selector.substr(1)).value_or(0) : 0;
}

}  // namespace

const DkimKey* MainDkimKey(const SenderDomain& domain) {
  return FindKey(domain, [](const DkimKey& key) {
    return key.algorithm == DkimAlgorithm::kRsaSha256 && key.state == DkimKeyState::kActive;
  });
}

const DkimKey* PendingDkimKey(const SenderDomain& domain, DkimAlgorithm algorithm) {
  return FindKey(domain, [&](const DkimKey& key) {
    return key.algorithm == algorithm && key.state == DkimKeyState::kPending;
  });
}

std::vector<DkimKey> ActiveDkimKeys(const SenderDomain& domain) {
  std::vector<DkimKey> keys;
  std::ranges::copy_if(domain.dkim_keys, std::back_inserter(keys),
                       [](const DkimKey& key) { return key.state == DkimKeyState::kActive; });
  std::ranges::stable_sort(keys, {}, &DkimKey::algorithm);
  return keys;
}

DkimKey NextDkimKey(const SenderDomain& domain, DkimAlgorithm algorithm, UnixMillis now) {
  const std::string series = (algorithm == DkimAlgorithm::kRsaSha256 ? "eg" : "ed") + Month(now);
  int64_t last = 0;
  for (const DkimKey& key : domain.dkim_keys) last = std::max(last, NumberIn(series, key.selector));
  DkimKey next;
  next.selector = last == 0 ? series : series + "-" + std::to_string(last + 1);
  next.algorithm = algorithm;
  next.since = next.due_at = now;
  return next;
}

bool IsRequired(const SenderDomain& domain, const DnsRecord& record) {
  if (record.selector.empty()) return true;
  const DkimKey* main = MainDkimKey(domain);
  return main && main->selector == record.selector;
}

bool AdvanceDkimKeys(SenderDomain& domain, UnixMillis now, UnixMillis grace) {
  bool changed = DeleteKeys(domain, [&](const DkimKey& key) {
    return key.state == DkimKeyState::kRetiring && key.due_at <= now;
  });
  for (DkimKey& key : domain.dkim_keys) {
    const bool missing = CountRecords(domain, key, RecordStatus::kFail) > 0;
    if (key.state == DkimKeyState::kPending && IsPublished(domain, key)) {
      RetireActive(domain, key.algorithm, now, grace);
      Enter(key, DkimKeyState::kActive, now, 0);
    } else if (key.state == DkimKeyState::kActive && &key != MainDkimKey(domain) && missing) {
      Enter(key, DkimKeyState::kPending, now, now);
    } else {
      continue;
    }
    changed = true;
  }
  return changed;
}

void WithdrawDkimKeys(SenderDomain& domain, DkimAlgorithm algorithm, UnixMillis now,
                      UnixMillis grace) {
  RetireActive(domain, algorithm, now, grace);
  DeleteKeys(domain, [&](const DkimKey& key) {
    return key.algorithm == algorithm && key.state == DkimKeyState::kPending;
  });
}

UnixMillis NextLook(const DkimKey& key, UnixMillis now) {
  const UnixMillis age = now - key.since;
  if (age < kHour) return now + kEachTick;
  return now + (age < 3 * kDayMillis ? kHour / 4 : kDayMillis);
}

}  // namespace egd::core
