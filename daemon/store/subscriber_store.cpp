#include "daemon/store/subscriber_store.h"

#include <nlohmann/json.hpp>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, list_id, email_address, status, custom_fields, created_at, updated_at"
    " FROM subscribers WHERE ";

core::Subscriber ReadSubscriber(Query& query) {
  core::Subscriber subscriber;
  std::string status, fields;
  query.Read(subscriber.id, subscriber.list_id, subscriber.email_address, status, fields,
             subscriber.created_at, subscriber.updated_at);
  subscriber.status = core::ParseSubscriptionStatus(status).value();
  subscriber.custom_fields =
      nlohmann::json::parse(fields).get<std::map<std::string, std::string>>();
  return subscriber;
}

std::string Fields(const core::Subscriber& subscriber) {
  return nlohmann::json(subscriber.custom_fields)
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::optional<core::Subscriber> SubscriberStore::Find(int64_t list_id, int64_t id) {
  Query query(connection_, std::string(kSelect) + "id = ? AND list_id = ?");
  if (!query.Bind(id, list_id).Step()) return std::nullopt;
  return ReadSubscriber(query);
}

std::optional<core::Subscriber> SubscriberStore::FindByAddress(int64_t list_id,
                                                               const std::string& email_address) {
  Query query(connection_, std::string(kSelect) + "list_id = ? AND email_address = ?");
  if (!query.Bind(list_id, email_address).Step()) return std::nullopt;
  return ReadSubscriber(query);
}

std::optional<core::Subscriber> SubscriberStore::FindAnywhere(int64_t id) {
  Query query(connection_, std::string(kSelect) +
                               "id = ? AND list_id IN (SELECT id FROM lists WHERE deleted = 0)");
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadSubscriber(query);
}

SubscriberPage SubscriberStore::List(int64_t list_id,
                                     std::optional<core::SubscriptionStatus> status, int64_t offset,
                                     int64_t limit) {
  // Either index has the rows in the order of ids, so nothing is sorted.
  const std::string where = status ? "list_id = ? AND status = ?" : "list_id = ?";
  const auto bind = [&](Query& query) {
    query.Bind(list_id);
    if (status) query.Bind(std::string_view(core::Name(*status)));
  };
  SubscriberPage page;
  {
    Query count(connection_, "SELECT count(*) FROM subscribers WHERE " + where);
    bind(count);
    count.Step();
    count.Read(page.total);
  }
  Query query(connection_, std::string(kSelect) + where + " ORDER BY id LIMIT ? OFFSET ?");
  bind(query);
  query.Bind(limit, offset);
  while (query.Step()) page.subscribers.push_back(ReadSubscriber(query));
  return page;
}

std::vector<core::Subscriber> SubscriberStore::NextSubscribed(int64_t list_id, int64_t after_id,
                                                              size_t most) {
  Query query(connection_,
              std::string(kSelect) +
                  "list_id = ? AND status = 'Subscribed' AND id > ? ORDER BY id LIMIT ?");
  query.Bind(list_id, after_id, most);
  std::vector<core::Subscriber> subscribers;
  while (query.Step()) subscribers.push_back(ReadSubscriber(query));
  return subscribers;
}

bool SubscriberStore::Insert(core::Subscriber& subscriber) {
  const int64_t id =
      Query(connection_,
            "INSERT INTO subscribers (list_id, email_address, status, custom_fields, created_at,"
            " updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id")
          .Bind(subscriber.list_id, subscriber.email_address, core::Name(subscriber.status),
                Fields(subscriber), subscriber.created_at, subscriber.updated_at)
          .Returned();
  if (id != 0) subscriber.id = id;
  return id != 0;
}

bool SubscriberStore::Update(const core::Subscriber& subscriber) {
  const auto other = FindByAddress(subscriber.list_id, subscriber.email_address);
  if (other && other->id != subscriber.id) return false;
  return Query(connection_,
               "UPDATE subscribers SET email_address = ?, status = ?, custom_fields = ?,"
               " updated_at = ? WHERE id = ? AND list_id = ?")
             .Bind(subscriber.email_address, core::Name(subscriber.status), Fields(subscriber),
                   subscriber.updated_at, subscriber.id, subscriber.list_id)
             .Run() > 0;
}

bool SubscriberStore::Delete(int64_t list_id, int64_t id) {
  return Query(connection_, "DELETE FROM subscribers WHERE id = ? AND list_id = ?")
             .Bind(id, list_id)
             .Run() > 0;
}

}  // namespace egd::store
