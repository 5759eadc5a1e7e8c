#include "daemon/service/audience/subscribers.h"

#include <algorithm>
#include <utility>

#include "daemon/core/email_address.h"
#include "daemon/service/audience/lists.h"
#include "daemon/store/list_store.h"
#include "shared/base/csv.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kBatch = 1000;          // lines a commit: a few milliseconds of the writer's time
constexpr size_t kPart = 10'000;         // lines in memory
constexpr size_t kMaxFields = 100;       // custom fields of one subscriber
constexpr size_t kMaxFieldName = 64;     // bytes; the templates' limit too
constexpr size_t kMaxFieldValue = 1024;  // bytes

bool OwnsList(store::Connection& connection, int64_t user_id, int64_t list_id) {
  return store::ListStore(connection).Find(user_id, list_id).has_value();
}

void Merge(const std::map<std::string, std::string>& change,
           std::map<std::string, std::string>& fields) {
  for (const auto& [name, value] : change) {
    if (value.empty()) {
      fields.erase(name);
    } else {
      fields[name] = value;
    }
  }
}

// Why the subscriber cannot be kept, or "".
std::string Refusal(const core::Subscriber& subscriber) {
  if (!core::ParseEmailAddress(subscriber.email_address)) return "not a valid e-mail address";
  if (subscriber.custom_fields.size() > kMaxFields) return "more than 100 custom fields";
  for (const auto& [name, value] : subscriber.custom_fields) {
    if (name.empty() || name.size() > kMaxFieldName)
      return "a custom field's name is not 1-64 bytes";
    if (value.size() > kMaxFieldValue)
      return "custom field " + Printable(name) + " is over 1024 bytes";
    if (!IsUtf8(name) || !IsUtf8(value)) return "a custom field is not UTF-8";
    if (HasControl(name)) return "a custom field's name has a control character";
    if (value.find('\0') != value.npos) return "a custom field has a NUL";
  }
  return "";
}

enum class Saved { kInserted, kUpdated, kDuplicate };

Saved Save(store::SubscriberStore& store, core::Subscriber& subscriber, bool update_if_there) {
  if (store.Insert(subscriber)) return Saved::kInserted;
  if (!update_if_there) return Saved::kDuplicate;
  core::Subscriber there =
      store.FindByAddress(subscriber.list_id, subscriber.email_address).value();
  there.status = subscriber.status;
  there.updated_at = subscriber.updated_at;
  Merge(subscriber.custom_fields, there.custom_fields);
  store.Update(there);
  subscriber = std::move(there);
  return Saved::kUpdated;
}

// Which column is what: the address, and custom fields by name.
struct Columns {
  size_t address = 0;
  std::vector<std::string> names = {"EmailAddress"};
};

bool IsAddressColumn(std::string_view name) {
  return EqualsIgnoreCase(Trim(name), "EmailAddress") || EqualsIgnoreCase(Trim(name), "Email");
}

// A first line that names the address column is a header; without one, lines hold addresses alone.
std::optional<Columns> ReadHeader(const CsvRecord& record) {
  const auto address = std::find_if(record.fields.begin(), record.fields.end(), IsAddressColumn);
  if (address == record.fields.end()) return std::nullopt;
  Columns columns;
  columns.address = size_t(address - record.fields.begin());
  columns.names.clear();
  for (const auto& name : record.fields) columns.names.emplace_back(Trim(name));
  return columns;
}

core::Subscriber FromRecord(const CsvRecord& record, const Columns& columns) {
  core::Subscriber subscriber;
  for (size_t i = 0; i < std::min(record.fields.size(), columns.names.size()); ++i) {
    if (i == columns.address) {
      subscriber.email_address = Trim(record.fields[i]);
    } else if (!record.fields[i].empty()) {
      subscriber.custom_fields[columns.names[i]] = record.fields[i];
    }
  }
  return subscriber;
}

void Fail(SubscriberImport& import, size_t line, std::string error) {
  ++import.failed;
  if (import.failed_lines.size() < SubscriberImport::kMaxFailedLines) {
    import.failed_lines.push_back({line, std::move(error)});
  }
}

// The next lines that can be kept, kPart at most. `record` is the one ahead.
std::vector<core::Subscriber> ReadPart(CsvReader& reader, std::optional<CsvRecord>& record,
                                       const Columns& columns, SubscriberImport& import) {
  std::vector<core::Subscriber> part;
  for (; record && part.size() < kPart; record = reader.Next()) {
    ++import.lines;
    core::Subscriber subscriber = FromRecord(*record, columns);
    std::string refusal = record->fields.size() > columns.names.size()
                              ? "more fields than the header names"
                              : Refusal(subscriber);
    if (refusal.empty()) {
      part.push_back(std::move(subscriber));
    } else {
      Fail(import, record->line, std::move(refusal));
    }
  }
  return part;
}

// As the index has them, so that a commit touches few of its pages: that is what an import into a
// large list costs. Lines of one address keep their order.
void SortByAddress(std::vector<core::Subscriber>& part) {
  std::ranges::stable_sort(part, LessIgnoreCase(), &core::Subscriber::email_address);
}

void Count(SubscriberImport& import, Saved saved) {
  switch (saved) {
    case Saved::kInserted:
      ++import.imported;
      break;
    case Saved::kUpdated:
      ++import.updated;
      break;
    case Saved::kDuplicate:
      ++import.duplicates;
      break;
  }
}

}  // namespace

Result<core::Subscriber> Subscribers::Create(int64_t user_id, core::Subscriber subscriber,
                                             bool update_if_there) {
  if (const std::string refusal = Refusal(subscriber); !refusal.empty()) {
    return InvalidArgument(refusal);
  }
  subscriber.created_at = subscriber.updated_at = clock_.Now();
  return store_.Write([&](store::Transaction& tx) -> Result<core::Subscriber> {
    if (!OwnsList(tx, user_id, subscriber.list_id)) return ListNotFound();
    store::SubscriberStore subscribers(tx);
    if (Save(subscribers, subscriber, update_if_there) == Saved::kDuplicate) {
      return Conflict("EmailAddress is in the list already");
    }
    return subscriber;
  });
}

Result<std::optional<core::Subscriber>> Subscribers::Get(int64_t user_id, int64_t list_id,
                                                         int64_t id) {
  return store_.Read([&](store::Connection& connection) -> Result<std::optional<core::Subscriber>> {
    if (!OwnsList(connection, user_id, list_id)) return ListNotFound();
    return store::SubscriberStore(connection).Find(list_id, id);
  });
}

Result<std::optional<core::Subscriber>> Subscribers::Update(int64_t user_id, int64_t list_id,
                                                            int64_t id,
                                                            const SubscriberChange& change) {
  return store_.Write([&](store::Transaction& tx) -> Result<std::optional<core::Subscriber>> {
    if (!OwnsList(tx, user_id, list_id)) return ListNotFound();
    store::SubscriberStore subscribers(tx);
    auto subscriber = subscribers.Find(list_id, id);
    if (!subscriber) return subscriber;
    if (change.email_address) subscriber->email_address = *change.email_address;
    if (change.status) subscriber->status = *change.status;
    Merge(change.custom_fields, subscriber->custom_fields);
    if (const std::string refusal = Refusal(*subscriber); !refusal.empty()) {
      return InvalidArgument(refusal);
    }
    subscriber->updated_at = clock_.Now();
    if (!subscribers.Update(*subscriber)) return Conflict("EmailAddress is in the list already");
    return subscriber;
  });
}

Result<std::optional<core::Subscriber>> Subscribers::Unsubscribe(int64_t user_id, int64_t list_id,
                                                                 int64_t id,
                                                                 const std::string& email_address) {
  return store_.Write([&](store::Transaction& tx) -> Result<std::optional<core::Subscriber>> {
    if (!OwnsList(tx, user_id, list_id)) return ListNotFound();
    store::SubscriberStore subscribers(tx);
    auto subscriber =
        id != 0 ? subscribers.Find(list_id, id) : subscribers.FindByAddress(list_id, email_address);
    if (!subscriber) return subscriber;
    subscriber->status = core::SubscriptionStatus::kUnsubscribed;
    subscriber->updated_at = clock_.Now();
    subscribers.Update(*subscriber);
    return subscriber;
  });
}

Result<store::SubscriberPage> Subscribers::List(int64_t user_id, int64_t list_id,
                                                std::optional<core::SubscriptionStatus> status,
                                                int64_t offset, int64_t limit) {
  return store_.Read([&](store::Connection& connection) -> Result<store::SubscriberPage> {
    if (!OwnsList(connection, user_id, list_id)) return ListNotFound();
    return store::SubscriberStore(connection).List(list_id, status, offset, limit);
  });
}

Result<bool> Subscribers::Delete(int64_t user_id, int64_t list_id,
                                 const std::vector<int64_t>& ids) {
  return store_.Write([&](store::Transaction& tx) -> Result<bool> {
    if (!OwnsList(tx, user_id, list_id)) return ListNotFound();
    store::SubscriberStore subscribers(tx);
    const auto is_there = [&](int64_t id) { return subscribers.Find(list_id, id).has_value(); };
    if (!std::ranges::all_of(ids, is_there)) return false;
    for (const int64_t id : ids) subscribers.Delete(list_id, id);
    return true;
  });
}

Result<SubscriberImport> Subscribers::Import(int64_t user_id, int64_t list_id, std::string_view csv,
                                             core::SubscriptionStatus status,
                                             bool update_if_there) {
  SubscriberImport import;
  CsvReader reader(csv, kMaxFields + 1);  // and the address
  Columns columns;
  auto record = reader.Next();
  if (auto header = record ? ReadHeader(*record) : std::nullopt) {
    columns = std::move(*header);
    record = reader.Next();
  }
  do {
    std::vector<core::Subscriber> part = ReadPart(reader, record, columns, import);
    for (core::Subscriber& subscriber : part) {
      subscriber.list_id = list_id;
      subscriber.status = status;
      subscriber.created_at = subscriber.updated_at = clock_.Now();
    }
    if (part.size() > kBatch) SortByAddress(part);
    const auto saved = SavePart(user_id, list_id, part, update_if_there, import);
    if (!saved) return saved.error();
  } while (record);
  return import;
}

Result<void> Subscribers::SavePart(int64_t user_id, int64_t list_id,
                                   std::span<core::Subscriber> part, bool update_if_there,
                                   SubscriberImport& import) {
  do {
    const auto batch = part.first(std::min(part.size(), kBatch));
    part = part.subspan(batch.size());
    const auto saved = store_.WriteLarge([&](store::Transaction& tx) -> Result<std::vector<Saved>> {
      if (!OwnsList(tx, user_id, list_id)) return ListNotFound();
      store::SubscriberStore subscribers(tx);
      std::vector<Saved> outcomes;
      for (auto& subscriber : batch)
        outcomes.push_back(Save(subscribers, subscriber, update_if_there));
      return outcomes;
    });
    if (!saved) return saved.error();
    for (const Saved outcome : *saved) Count(import, outcome);
  } while (!part.empty());
  return {};
}

}  // namespace egd::service
