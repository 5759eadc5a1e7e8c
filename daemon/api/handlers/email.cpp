#include "daemon/api/handlers/email.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/auth/digest.h"
#include "daemon/mime/media_type.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/service/sending/refusal_reply.h"
#include "shared/base/encoding.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Arguments;
using catalogue::Cause;
using service::Acceptance;

// Several failures of one call as one, ascending by code.
class Failures {
 public:
  explicit Failures(const Call& call) : call_(call) {}

  bool empty() const { return all_.problems.empty(); }
  void Add(Cause cause, std::string text) { Add(Fail(call_, cause, std::move(text))); }
  void Add(Failure failure) {
    std::ranges::move(failure.problems, std::back_inserter(all_.problems));
  }
  void Add(const service::SendRefusal& refusal) {
    Add(FailWithCode(call_, service::CodesOf(refusal.problem).sendemail, refusal.text));
    all_.retry_after = std::max(all_.retry_after, refusal.retry_after);
  }
  Failure Take() {
    std::ranges::stable_sort(all_.problems, {}, &catalogue::Problem::code);
    return std::move(all_);
  }

 private:
  const Call& call_;
  Failure all_;
};

std::string Member(const Json& object, const char* key) {
  return object.at(key).get_ref<const std::string&>();  // the parser gives every member as a text
}

core::Mailbox MailboxOf(const Json& json) {
  return {Member(json, "name"), Member(json, "email")};
}

std::vector<core::Mailbox> Mailboxes(const Arguments& arguments, std::string_view name) {
  std::vector<core::Mailbox> mailboxes;
  for (const Json& entry : arguments.Json(name)) mailboxes.push_back(MailboxOf(entry));
  return mailboxes;
}

// "<logo@example.com>", as the field itself has it.
std::string WithoutBrackets(std::string id) {
  const bool bracketed = id.size() > 2 && id.front() == '<' && id.back() == '>';
  return bracketed ? id.substr(1, id.size() - 2) : id;
}

// White space in the base64 is let through: tools break its lines.
void ReadAttachments(const Arguments& arguments, core::Draft& draft, Failures& failures) {
  for (const Json& entry : arguments.Json("Attachments")) {
    core::Attachment& part = draft.attachments.emplace_back();
    auto content = FromBase64(entry.at("content").get_ref<const std::string&>(), true);
    if (!content) {
      const size_t index = draft.attachments.size() - 1;
      failures.Add(Cause::kAttachmentInvalid,
                   "Attachments[" + std::to_string(index) + "].content is not valid base64");
      return;
    }
    part.content = std::move(*content);
    part.filename = Member(entry, "filename");
    part.type = Member(entry, "type");
    if (part.type.empty()) part.type = mime::MediaTypeOf(part.filename);
    part.inline_part = Member(entry, "disposition") == "inline";
    part.content_id = WithoutBrackets(Member(entry, "contentid"));
  }
}

// Takes the bodies out of the arguments.
core::Draft DraftOf(const Call& call, Failures& failures) {
  Arguments& arguments = call.arguments;
  core::Draft draft;
  draft.from = MailboxOf(arguments.Json("From"));
  draft.to = Mailboxes(arguments, "To");
  draft.cc = Mailboxes(arguments, "CC");
  draft.bcc = Mailboxes(arguments, "BCC");
  draft.reply_to = Mailboxes(arguments, "ReplyTo");
  draft.subject = arguments.String("Subject");
  draft.html = arguments.Take("HTMLContent");
  draft.plain = arguments.Take("PlainContent");
  for (const auto& [name, value] : arguments.Json("Headers").items()) {
    draft.headers.emplace_back(name, value.get_ref<const std::string&>());
  }
  ReadAttachments(arguments, draft, failures);
  return draft;
}

// Equal for requests that ask for the same, however they were encoded: the checked arguments in
// declared order.
std::string BodyDigest(const Call& call) {
  std::string text;
  for (const auto& param : call.command.params) {
    text += param.name;
    text += call.arguments.Json(param.name).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return auth::Sha256(text);
}

service::SendIds IdsOf(const Arguments& arguments) {
  service::SendIds ids;
  ids.template_id = arguments.OptionalInteger("TemplateID");
  ids.target_list_id = arguments.OptionalInteger("TargetListID");
  ids.list_id = arguments.OptionalInteger("ListID");
  ids.subscriber_id = arguments.OptionalInteger("SubscriberID");
  ids.journey_id = arguments.OptionalInteger("JourneyID");
  ids.action_id = arguments.OptionalInteger("ActionID");
  return ids;
}

service::NewMessage MessageOf(const Call& call, core::Draft draft, std::string body_digest) {
  const Arguments& arguments = call.arguments;
  service::NewMessage message;
  message.domain_id = call.caller.domain_id;
  message.is_test = call.caller.is_test;
  message.draft = std::move(draft);
  message.track_links = arguments.OptionalBoolean("TrackLinks");
  message.track_opens = arguments.OptionalBoolean("TrackOpens");
  message.unsubscribe_link = arguments.OptionalBoolean("UnsubscribeLink");
  if (arguments.Has("ContentType")) {
    message.content = core::ParseTemplateContent(arguments.String("ContentType"));
  }
  message.ids = IdsOf(arguments);
  message.tags = arguments.Strings("Tags");
  message.send_at = arguments.Integer("SendAt") * 1000;
  message.idempotency_key = call.idempotency_key;
  message.body_digest = std::move(body_digest);
  return message;
}

Json ReplyOf(const service::AcceptedMessage& accepted, bool to_list) {
  Json id = accepted.id.ToString();
  // A send to a list is one message however many get it; clients expect a list of IDs.
  if (to_list) id = Json::array({std::move(id)});
  Json reply = {{"MessageID", std::move(id)}};
  if (!accepted.suppressed.empty()) reply["Suppressed"] = accepted.suppressed;
  return reply;
}

Outcome Send(Acceptance& acceptance, const Call& call) {
  Failures failures(call);
  std::string digest = call.idempotency_key.empty() ? std::string() : BodyDigest(call);
  core::Draft draft = DraftOf(call, failures);
  if (!failures.empty()) return failures.Take();
  Result<service::AcceptOutcome> outcome =
      acceptance.Accept(MessageOf(call, std::move(draft), std::move(digest)));
  if (!outcome) return Fail(call, outcome.error());
  if (const auto* refusals = std::get_if<service::SendRefusals>(&*outcome)) {
    for (const auto& refusal : *refusals) failures.Add(refusal);
    return failures.Take();
  }
  return ReplyOf(std::get<service::AcceptedMessage>(*outcome), call.arguments.Has("TargetListID"));
}

Json ErrorsOf(const std::vector<catalogue::Problem>& problems) {
  Json errors = Json::array();
  for (const auto& problem : problems) {
    errors.push_back({{"Code", problem.code}, {"Message", problem.text}});
  }
  return {{"Errors", std::move(errors)}};
}

// One message of a batch, as far as it can be judged without the store.
struct BatchEntry {
  bool to_list = false;
  std::optional<service::NewMessage> message;
  Json errors;  // when there is no message
};

// The call that a batch makes for one of its messages.
Call SendCall(const Call& batch, Arguments& arguments) {
  static const catalogue::Command& send = *catalogue::Find("emailgateway.sendemail");
  return {
      send, batch.caller, arguments, "", batch.client_address, batch.request_id, batch.received_at};
}

BatchEntry ReadEntry(const Call& batch, const Json& request) {
  auto parsed = catalogue::ReadArguments(*catalogue::Find("emailgateway.sendemail"), request);
  const bool tries = batch.arguments.Boolean(catalogue::kDryRun);
  if (parsed.problems.empty() && parsed.arguments.Boolean(catalogue::kDryRun) && !tries) {
    parsed.problems = {{catalogue::kCodeMalformed, ErrorKind::kInvalidArgument,
                        "DryRun is for the whole batch: a part of it cannot be tried"}};
  }
  if (!parsed.problems.empty()) return {false, std::nullopt, ErrorsOf(parsed.problems)};
  const Call call = SendCall(batch, parsed.arguments);
  Failures failures(call);
  core::Draft draft = DraftOf(call, failures);
  if (!failures.empty()) return {false, std::nullopt, ErrorsOf(failures.Take().problems)};
  return {call.arguments.Has("TargetListID"), MessageOf(call, std::move(draft), {}), {}};
}

Json ResultOf(const Call& batch, const service::AcceptOutcome& outcome, bool to_list) {
  if (const auto* accepted = std::get_if<service::AcceptedMessage>(&outcome)) {
    return ReplyOf(*accepted, to_list);
  }
  Arguments none(*catalogue::Find("emailgateway.sendemail"));
  const Call call = SendCall(batch, none);
  Failures failures(call);
  for (const auto& refusal : std::get<service::SendRefusals>(outcome)) failures.Add(refusal);
  return ErrorsOf(failures.Take().problems);
}

Outcome SendBatch(Acceptance& acceptance, const Call& call) {
  std::vector<BatchEntry> entries;
  service::Batch batch;
  batch.domain_id = call.caller.domain_id;
  batch.is_test = call.caller.is_test;
  batch.idempotency_key = call.idempotency_key;
  if (!batch.idempotency_key.empty()) batch.body_digest = BodyDigest(call);
  for (const Json& request : call.arguments.Json("Messages")) {
    BatchEntry& entry = entries.emplace_back(ReadEntry(call, request));
    if (entry.message) batch.messages.push_back(*std::move(entry.message));
  }
  batch.answer = [&](const std::vector<service::AcceptOutcome>& outcomes) {
    Json results = Json::array();
    auto outcome = outcomes.begin();
    for (const BatchEntry& entry : entries) {
      results.push_back(entry.message ? ResultOf(call, *outcome++, entry.to_list) : entry.errors);
    }
    return results.dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  const Result<service::BatchOutcome> outcome = acceptance.Accept(std::move(batch));
  if (!outcome) return Fail(call, outcome.error());
  if (const auto* refusals = std::get_if<service::SendRefusals>(&*outcome)) {
    Failures failures(call);
    for (const auto& refusal : *refusals) failures.Add(refusal);
    return failures.Take();
  }
  return Json{{"Results", Json::parse(std::get<std::string>(*outcome))}};
}

}  // namespace

void AddEmailHandlers(Handlers& handlers, Acceptance& acceptance) {
  Bind(handlers, acceptance, "emailgateway.sendemail", Send);
  Bind(handlers, acceptance, "emailgateway.batch", SendBatch);
}

}  // namespace egd::api
