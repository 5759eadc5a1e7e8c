#include "daemon/service/delivery/test_delivery.h"

#include <algorithm>
#include <chrono>
#include <iterator>

#include "daemon/core/event.h"
#include "daemon/core/test_recipient.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/delivery/stored_delivery_ledger.h"
#include "daemon/service/sending/draft_codec.h"
#include "daemon/store/captured_store.h"
#include "daemon/store/events.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/queue_store.h"
#include "daemon/tracking/rewrite_html.h"
#include "shared/base/log.h"

namespace egd::service {
namespace {

using core::Disposition;
using core::TestFate;
using std::chrono::milliseconds;

constexpr size_t kBatch = 50;                         // recipients of a commit: some 10 ms
constexpr size_t kBatchBytes = size_t{8} << 20;       // of their messages
constexpr UnixMillis kRetryAfter = 2000;              // of a deferred one
constexpr UnixMillis kBusy = 1000;                    // when the store takes nothing
constexpr milliseconds kLongestPause{60'000};         // Take wakes it
constexpr const char* kHost = "test.invalid";         // in the place of a mail server (RFC 2606)
constexpr const char* kAgent = "Mozilla/5.0 (test)";  // in the place of a reader's program

struct TestReply {
  Disposition disposition;
  int code;
  const char *enhanced, *text;
};

TestReply ReplyOf(TestFate fate, bool first) {
  switch (fate) {
    case TestFate::kBounced:
      return {Disposition::kBounced, 550, "5.1.1", "550 5.1.1 Test: no such user"};
    case TestFate::kDeferred:
      if (first) return {Disposition::kDeferred, 450, "4.2.0", "450 4.2.0 Test: try again later"};
      break;
    case TestFate::kDelivered:
    case TestFate::kComplained:
    case TestFate::kOpened:
    case TestFate::kClicked:
    case TestFate::kUnsubscribed:
    case TestFate::kSuppressed:
      break;
  }
  return {Disposition::kDelivered, 250, "2.0.0", "250 2.0.0 Test: captured"};
}

core::Event EventOf(core::EventType type, const core::DueRecipient& recipient, UnixMillis at) {
  core::Event event;
  event.type = type;
  event.at = at;
  event.message_id = recipient.message_id;
  event.recipient = recipient.address;
  return event;
}

void AddHit(store::Transaction& transaction, core::EventType type,
            const core::DueRecipient& recipient, const std::string& url, UnixMillis now) {
  core::Event event = EventOf(type, recipient, now);
  event.url = url;
  event.user_agent = kAgent;
  event.hit.method = "GET";
  event.hit.links = url.empty() ? 0 : 1;
  store::HitStore(transaction).Append(transaction, event, now);
}

// The first text like a link in what is not HTML.
std::string LinkIn(std::string_view text) {
  size_t start = std::min(text.find("https://"), text.find("http://"));
  if (start == text.npos) return {};
  const size_t end = text.find_first_of(" \t\r\n\"'<>", start);
  return std::string(text.substr(start, std::min(end, text.size()) - start)).substr(0, 2000);
}

std::string LinkInHtml(std::string_view html) {
  std::string first;
  tracking::HtmlRewrite look;
  look.replace = [&](const std::string& url, size_t) -> std::optional<std::string> {
    if (first.empty()) first = url;
    return std::nullopt;
  };
  tracking::RewriteHtml(html, look);
  return first;
}

}  // namespace

size_t TestDelivery::Room(int64_t user) const {
  return waiting_.With([user](const auto& waiting) {
    const auto own = size_t(std::ranges::count(waiting, user, &core::DueRecipient::user_id));
    return std::min(kMostWaiting - std::min(kMostWaiting, waiting.size()),
                    kMostOfUser - std::min(kMostOfUser, own));
  });
}

void TestDelivery::Take(std::vector<core::DueRecipient> tests) {
  waiting_.With([&](auto& waiting) {
    for (core::DueRecipient& test : tests) {  // one whose lease ended meanwhile is there already
      const bool known = std::ranges::count(waiting, test.id, &core::DueRecipient::id) > 0;
      if (!known) waiting.push_back(std::move(test));
    }
  });
  ticker_.Wake();
}

milliseconds TestDelivery::Tick() {
  return SettleSome() ? milliseconds(0) : kLongestPause;
}

bool TestDelivery::SettleSome() {
  const std::vector<Made> made = MakeSome();
  if (!made.empty()) {
    const Result<bool> deferred = store_.WriteLarge([&](store::Transaction& transaction) {
      bool any = false;
      for (const Made& one : made) any |= Settle(transaction, one);
      return any;
    });
    if (deferred && *deferred) on_deferred_();
    if (!deferred) {
      log::Warning("test messages not settled",
                   {{"reason", deferred.error().public_text}, {"detail", deferred.error().detail}});
      std::vector<int64_t> ids;
      for (const Made& one : made) ids.push_back(one.recipient.id);
      ledger_.Postpone(std::move(ids), clock_.Now() + kBusy);
    }
  }
  return waiting_.With([](const auto& waiting) { return !waiting.empty(); });
}

std::vector<TestDelivery::Made> TestDelivery::MakeSome() {
  std::vector<Made> made;
  size_t bytes = 0;
  while (made.size() < kBatch && bytes < kBatchBytes) {
    auto next = waiting_.With([](auto& waiting) {
      std::optional<core::DueRecipient> first;
      if (waiting.empty()) return first;
      first = std::move(waiting.front());
      waiting.pop_front();
      return first;
    });
    if (!next) break;
    auto one = Make(*std::move(next));
    if (!one) continue;
    bytes += one->data.size();
    made.push_back(*std::move(one));
  }
  return made;
}

// Nothing: not now, and the recipient is due again in a moment.
std::optional<TestDelivery::Made> TestDelivery::Make(core::DueRecipient recipient) {
  Made made;
  made.recipient = std::move(recipient);
  auto message = ledger_.Prepare(made.recipient.message_id, made.recipient);
  if (message) {
    made.data = std::move(message->data);
    made.return_path = message->own_return_path ? message->own_return_path(made.recipient.id)
                                                : message->return_path;
  } else if (core::MayPass(message.error().kind)) {  // as live mail, which is deferred then
    ledger_.Postpone({made.recipient.id}, clock_.Now() + kBusy);
    return std::nullopt;
  } else {
    made.fault = message.error().public_text;
  }
  const bool clicks = core::FateOf(made.recipient.address) == TestFate::kClicked;
  if (message && clicks) made.link = FirstLink(made.recipient.message_id);
  return made;
}

std::string TestDelivery::FirstLink(const Uuid& message_id) {
  const auto link = store_.Read([&](store::Connection& connection) {
    store::MessageStore messages(connection);
    const auto message = messages.Find(message_id);
    const auto content = messages.FindContent(message_id);
    if (!message || !content) return std::string();
    if (message->content_kind == core::ContentKind::kRaw) return LinkIn(*content);
    const auto draft = DecodeDraft(*content);
    if (!draft) return std::string();
    const std::string in_html = LinkInHtml(draft->html);
    return in_html.empty() ? LinkIn(draft->plain) : in_html;
  });
  return link ? *link : std::string();
}

// Returns whether it was deferred.
bool TestDelivery::Settle(store::Transaction& transaction, const Made& made) const {
  const core::DueRecipient& recipient = made.recipient;
  const auto row = store::QueueStore(transaction).Find(recipient.id);
  if (!row || row->attempts != recipient.attempts) return false;  // settled, or cancelled
  const TestReply reply = made.fault.empty()
                              ? ReplyOf(core::FateOf(recipient.address), recipient.attempts == 0)
                              : TestReply{Disposition::kBounced, 554, "5.6.0", "554 5.6.0"};
  core::DeliveryOutcome outcome;
  outcome.recipient_id = recipient.id;
  outcome.message_id = recipient.message_id;
  outcome.address = recipient.address;
  outcome.disposition = reply.disposition;
  outcome.at = clock_.Now();
  outcome.next_attempt_at = outcome.at + kRetryAfter;
  outcome.attempt = recipient.attempts + 1;
  outcome.smtp_code = reply.code;
  outcome.enhanced_code = reply.enhanced;
  outcome.smtp_response = made.fault.empty() ? reply.text : reply.text + (" " + made.fault);
  outcome.mx_host = kHost;
  if (reply.disposition == Disposition::kBounced) {
    outcome.suppress = made.fault.empty();
    outcome.bounce_class = made.fault.empty() ? "hard" : "content";
  }
  if (!SettleOutcome(transaction, outcome)) return false;
  if (recipient.attempts == 0 && made.fault.empty()) {
    store::CapturedMessage captured;
    captured.at = outcome.at;
    captured.domain_id = recipient.sender_domain_id;
    captured.message_id = recipient.message_id;
    captured.recipient = recipient.address;
    captured.return_path = made.return_path;
    store::CapturedStore(transaction).Insert(captured, made.data);
  }
  if (reply.disposition == Disposition::kDelivered) Follow(transaction, made);
  return reply.disposition == Disposition::kDeferred;
}

// What comes after a delivery.
void TestDelivery::Follow(store::Transaction& transaction, const Made& made) const {
  const core::DueRecipient& recipient = made.recipient;
  const UnixMillis now = clock_.Now();
  switch (core::FateOf(recipient.address)) {
    case TestFate::kComplained: {
      core::Event event = EventOf(core::EventType::kComplaint, recipient, now);
      event.source = "feedback";
      event.reporting_server = kHost;
      event.reason = "abuse";
      event.suppress = true;  // as of a live one: that nobody is, is Record's to see to
      store::events::Record(transaction, event);
      return;
    }
    case TestFate::kUnsubscribed: {
      Unsubscription wish;
      wish.domain_id = recipient.sender_domain_id;
      wish.message_id = recipient.message_id;
      wish.address = recipient.address;
      wish.user_agent = kAgent;
      Unsubscribe(transaction, wish, now);
      return;
    }
    case TestFate::kOpened:
      return AddHit(transaction, core::EventType::kOpen, recipient, "", now);
    case TestFate::kClicked:
      return AddHit(transaction, core::EventType::kClick, recipient, made.link, now);
    case TestFate::kDelivered:
    case TestFate::kBounced:
    case TestFate::kDeferred:
    case TestFate::kSuppressed:
      return;
  }
}

}  // namespace egd::service
