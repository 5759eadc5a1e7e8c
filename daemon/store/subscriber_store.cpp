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
  Query query(connection_, std::string(kSelect) + "id = ?");
  if (!query.Bind(id).Step()) return std::nullopt;
  return ReadSubscriber(query);
}

SubscriberPage SubscriberStore::List(int64_t list_id,
                                     std::optional<core::SubscriptionStatus> status, int64_t offset,
                                     int64_t limit) {
  const std::string where = status ? "list_id = ? AND status = ?" : "list_id = ? AND ? IS NOT NULL";
  const std::string word(status ? core::Name(*status) : "any");
  SubscriberPage page;
  {
    Query count(connection_, "SELECT count(*) FROM subscribers WHERE " + where);
    count.Bind(list_id, word).Step();
    count.Read(page.total);
  }
  Query query(connection_, std::string(kSelect) + where + " ORDER BY id LIMIT ? OFFSET ?");
  query.Bind(list_id, word, limit, offset);
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
  const bool inserted =
      Query(connection_,
            "INSERT INTO subscribers (list_id, email_address, status, custom_fields, created_at,"
            " updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
          .Bind(subscriber.list_id, subscriber.email_address, core::Name(subscriber.status),
                Fields(subscriber), subscriber.created_at, subscriber.updated_at)
          .Run() > 0;
  if (inserted) subscriber.id = LastInsertId(connection_);
  return inserted;
}

bool SubscriberStore::Update(const core::Subscriber& subscriber) {
  return Query(connection_,
               "UPDATE OR IGNORE subscribers SET email_address = ?, status = ?, custom_fields = ?,"
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
