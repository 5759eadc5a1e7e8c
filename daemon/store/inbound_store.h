// Mail that came back: what it was, what was made of it, and its content for as long as somebody
// may want to look; the rules that an operator taught; and which outcomes came back for which
// recipient, so that none counts twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::store {

struct InboundMail {
  int64_t id = 0;
  UnixMillis received_at = 0;
  UnixMillis expires_at = 0;
  std::string kind;         // "bounce", "delay", "success", "autoreply", "complaint", …, "other"
  bool understood = false;  // nothing is left to teach
  std::string recipient;    // envelope recipient, as given
  std::string sender;       // envelope sender, as given; empty: <>
  std::string client;       // "mx.example.net [192.0.2.25]"
  std::string subject;      // printable, bounded
  std::string result;       // what was made of it, one line
  int64_t domain_id = 0;    // of the message it is about; 0: not known
  std::optional<Uuid> message_id;
  int64_t size = 0;  // octets that came; `content` may have fewer
};

struct InboundPage {
  std::vector<InboundMail> mails;  // newest first
  int64_t total = 0;               // on all pages
};

struct InboundRule {
  int64_t id = 0;
  std::string phrase;   // lower case, single spaces
  std::string verdict;  // a bounce reason, or "ignore"
  UnixMillis at = 0;
};

// Methods throw on database failure only. Bound to its connection: use within one job.
class InboundStore {
 public:
  explicit InboundStore(Connection& connection) : connection_(connection) {}

  void Insert(InboundMail& mail, const std::string& content);  // gives mail.id
  // Kind, understood, result, expires_at, domain and message; the rest stays.
  void Update(const InboundMail& mail);
  std::optional<InboundMail> Find(int64_t id);
  std::optional<std::string> FindContent(int64_t id);
  // `kind` empty: any; `understood` nothing: both.
  InboundPage List(const std::string& kind, std::optional<bool> understood, int64_t offset,
                   int64_t limit);
  // Deletes what expired before `now`, and the oldest beyond `most_bytes` of content in all, at
  // most `most` mails. Returns how many: call again in another job until 0.
  int64_t Purge(UnixMillis now, int64_t most_bytes, size_t most);

  // True: this outcome ("bounce", "complaint", "unsubscribe") is the first of its kind for this
  // recipient of this message.
  bool TakeOutcome(const Uuid& message_id, const std::string& recipient, const std::string& kind,
                   UnixMillis at);
  int64_t PurgeOutcomes(UnixMillis before, size_t most);

  std::vector<InboundRule> ListRules();  // in the order they were taught
  void InsertRule(InboundRule& rule);    // a phrase that is there gets the new verdict
  bool DeleteRule(const std::string& phrase);

 private:
  Connection& connection_;
};

}  // namespace egd::store
