#include "daemon/api/handlers/smtp_relay.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/auth/digest.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/service/sending/refusal_reply.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Arguments;
using service::Acceptance;
using service::SendProblem;
using service::SmtpCredentialService;

Failure Refuse(const Call& call, const service::SendRefusal& refusal) {
  const bool malformed = refusal.problem == SendProblem::kMalformed;
  Failure failure = FailWithCode(call, service::CodesOf(refusal.problem).smtprelay,
                                 (malformed ? "RawEmail: " : "") + refusal.text);
  failure.retry_after = refusal.retry_after;
  failure.texts = {{"SMTPResponse", service::SmtpReply(refusal)}};
  return failure;
}

Failure RefuseLogin(const Call& call) {
  Failure failure = Fail(call, catalogue::Cause::kLoginWrong);
  failure.texts = {{"SMTPResponse", std::string(service::kAuthFailedReply)}};
  return failure;
}

// The UUID names a message at its relay: with the same content and recipients it is the same
// message, resubmitted after a lost answer.
void SetIdempotencyKey(const Arguments& arguments, service::RawSubmission& submission) {
  if (!arguments.Has("UUID")) return;
  submission.body_digest = auth::Sha256(Join(submission.recipients, "\n") + '\n' + submission.data);
  submission.idempotency_key =
      "smtprelay " + arguments.String("UUID") + " " + Hex(submission.body_digest);
}

service::RawSubmission SubmissionOf(const Arguments& arguments,
                                    const SmtpCredentialService::Match& login, std::string data) {
  service::RawSubmission submission;
  submission.domain_id = login.domain_id;
  submission.is_test = login.is_test;
  submission.data = std::move(data);
  submission.recipients = arguments.Strings("RcptTo");
  submission.subject = arguments.String("Subject");
  SetIdempotencyKey(arguments, submission);
  return submission;
}

Json Echo(const Arguments& arguments) {
  return {{"SMTPUsername", arguments.String("SMTPUsername")},
          {"SMTPPassword", arguments.String("SMTPPassword")}};
}

Outcome LogInOnly(Acceptance& acceptance, const Call& call, int64_t domain_id) {
  const auto refusals = acceptance.Judge(domain_id, service::Channel::kSmtp);
  if (!refusals) return Fail(call, refusals.error());
  if (!refusals->empty()) return Refuse(call, refusals->front());
  return Echo(call.arguments);
}

// The message as octets; nothing for base64 that is none.
std::optional<std::string> RawEmailIn(Arguments& arguments) {
  if (!arguments.Has("RawEmailBase64")) return arguments.Take("RawEmail");
  return FromBase64(arguments.String("RawEmailBase64"), true);
}

Failure RefuseRaw(std::string text) {
  Failure failure = Malformed(std::move(text));
  failure.texts = {{"SMTPResponse", "550 5.6.0 The message cannot be read"}};
  return failure;
}

Outcome Submit(Acceptance& acceptance, const Call& call,
               const SmtpCredentialService::Match& login) {
  Arguments& arguments = call.arguments;
  if (arguments.Has("RawEmail") && arguments.Has("RawEmailBase64")) {
    return RefuseRaw("Only one of RawEmail and RawEmailBase64 may be given");
  }
  auto data = RawEmailIn(arguments);
  if (!data) return RefuseRaw("RawEmailBase64 is not valid base64");
  const auto outcome = acceptance.Accept(SubmissionOf(arguments, login, *std::move(data)));
  if (!outcome) return Fail(call, outcome.error());
  if (const auto* refusals = std::get_if<service::SendRefusals>(&*outcome)) {
    return Refuse(call, refusals->front());
  }
  const auto& accepted = std::get<service::AcceptedMessage>(*outcome);
  Json reply = {{"SMTPResponse", service::kQueuedReply}};
  reply.update(Echo(call.arguments));
  reply["MessageID"] = accepted.id.ToString();
  if (!accepted.suppressed.empty()) reply["Suppressed"] = accepted.suppressed;
  return reply;
}

Outcome Relay(SmtpCredentialService& credentials, Acceptance& acceptance, const Call& call) {
  const Arguments& arguments = call.arguments;
  const auto login =
      credentials.FindMatch(arguments.String("SMTPUsername"), arguments.String("SMTPPassword"));
  if (!login) return Fail(call, login.error());
  if (!*login || !(*login)->right) return RefuseLogin(call);
  const bool submits = arguments.Has("RawEmail") || arguments.Has("RawEmailBase64");
  return submits ? Submit(acceptance, call, **login)
                 : LogInOnly(acceptance, call, (*login)->domain_id);
}

}  // namespace

void AddSmtpRelayHandlers(Handlers& handlers, SmtpCredentialService& credentials,
                          Acceptance& acceptance) {
  handlers.emplace("emailgateway.smtprelay",
                   [&](const Call& call) { return Relay(credentials, acceptance, call); });
}

}  // namespace egd::api
