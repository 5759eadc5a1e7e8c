#include "daemon/service/inbound/inbound.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/service/inbound/inbound_effects.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

// A bug in a reader is that mail's trouble alone.
InboundReading ReadSafely(std::string_view content, InboundPurpose purpose,
                          const std::vector<store::InboundRule>& rules) {
  try {
    return ReadInbound(content, purpose, rules);
  } catch (const std::exception& bug) {
    log::Error("reading a mail threw", {{"what", bug.what()}});
    return {};
  }
}

store::InboundMail NewMail(const ReceivedMail& received, const InboundAddress& address,
                           UnixMillis now) {
  store::InboundMail mail;
  mail.received_at = now;
  mail.recipient = Printable(address.text);
  mail.sender = Printable(received.sender);
  mail.client = Printable(received.client);
  mail.size = received.size;
  return mail;
}

}  // namespace

Result<void> Inbound::Take(const ReceivedMail& received) {
  const auto rules = Rules();
  if (!rules) return rules.error();
  const UnixMillis now = clock_.Now();
  std::vector<std::pair<const InboundAddress*, InboundReading>> readings;
  for (const InboundAddress& address : received.addresses) {
    readings.emplace_back(&address, ReadSafely(received.content, address.purpose, *rules));
  }
  return store_.Write([&](store::Transaction& transaction) {
    for (const auto& [address, reading] : readings) {
      store::InboundMail mail = NewMail(received, *address, now);
      ApplyInbound(transaction, addresses_, *address, reading, now, mail);
      store::InboundStore(transaction).Insert(mail, received.content);
    }
  });
}

Result<store::InboundPage> Inbound::List(const std::string& kind, std::optional<bool> understood,
                                         int64_t offset, int64_t limit) {
  return store_.Read([&](store::Connection& connection) {
    return store::InboundStore(connection).List(kind, understood, offset, limit);
  });
}

Result<Inbound::Kept> Inbound::Load(int64_t id) {
  return store_.Read([id](store::Connection& connection) -> Result<Kept> {
    store::InboundStore inbound(connection);
    auto mail = inbound.Find(id);
    auto content = inbound.FindContent(id);
    if (!mail || !content) return NotFound("Inbound mail not found");
    return Kept{*std::move(mail), *std::move(content)};
  });
}

// The host or the message may be gone by now: then nothing can follow any more.
Result<InboundAddress> Inbound::AddressOf(const store::InboundMail& mail) const {
  auto address = addresses_.Resolve(mail.recipient);
  if (address || address.error().kind == ErrorKind::kUnavailable) return address;
  return Unprocessable("The message it is about is no longer known");
}

Result<ShownInbound> Inbound::Show(int64_t id) {
  auto kept = Load(id);
  if (!kept) return kept.error();
  const auto rules = Rules();
  if (!rules) return rules.error();
  const auto address = AddressOf(kept->mail);
  const auto purpose = address ? address->purpose : InboundPurpose::kBounce;
  return ShownInbound{std::move(kept->mail), ReadSafely(kept->content, purpose, *rules)};
}

Result<std::string> Inbound::Raw(int64_t id) {
  auto kept = Load(id);
  if (!kept) return kept.error();
  return std::move(kept->content);
}

Result<store::InboundMail> Inbound::Retry(int64_t id) {
  auto kept = Load(id);
  if (!kept) return kept.error();
  const auto rules = Rules();
  if (!rules) return rules.error();
  const auto address = AddressOf(kept->mail);
  if (!address) return address.error();
  const InboundReading reading = ReadSafely(kept->content, address->purpose, *rules);
  return store_.Write([&](store::Transaction& transaction) {
    store::InboundMail mail = kept->mail;
    ApplyInbound(transaction, addresses_, *address, reading, clock_.Now(), mail);
    store::InboundStore(transaction).Update(mail);
    return mail;
  });
}

Result<std::vector<store::InboundRule>> Inbound::Rules() {
  return store_.Read(
      [](store::Connection& connection) { return store::InboundStore(connection).ListRules(); });
}

Result<store::InboundMail> Inbound::Teach(int64_t id, const std::string& phrase,
                                          const std::string& verdict) {
  const auto kept = Load(id);
  if (!kept) return kept.error();
  store::InboundRule rule = {0, NormalPhrase(phrase), verdict, clock_.Now()};
  if (!HasPhrase(kept->content, rule.phrase)) {
    return InvalidArgument("The mail does not contain the phrase");
  }
  const Result<void> made = store_.Write([&](store::Transaction& transaction) -> Result<void> {
    store::InboundStore inbound(transaction);
    const auto rules = inbound.ListRules();
    const bool known = std::ranges::any_of(
        rules, [&rule](const store::InboundRule& one) { return one.phrase == rule.phrase; });
    if (!known && rules.size() >= kMostInboundRules) {
      return Conflict("There are " + std::to_string(kMostInboundRules) + " rules already");
    }
    inbound.InsertRule(rule);
    return {};
  });
  if (!made) return made.error();
  return Retry(id);
}

Result<void> Inbound::Unteach(const std::string& phrase) {
  return store_.Write([&](store::Transaction& transaction) -> Result<void> {
    if (store::InboundStore(transaction).DeleteRule(NormalPhrase(phrase))) return {};
    return NotFound("No rule has this phrase");
  });
}

}  // namespace egd::service
