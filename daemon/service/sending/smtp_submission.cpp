#include "daemon/service/sending/smtp_submission.h"

#include <utility>

#include "daemon/core/email_address.h"
#include "daemon/service/sending/queue_message.h"
#include "daemon/service/sending/refusal_reply.h"
#include "daemon/store/sending_store.h"
#include "daemon/store/smtp_credential_store.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::service {
namespace {

using core::MailReply;

// As many as a message may have recipients. More are refused, too, and make no events.
constexpr size_t kMostSuppressed = 1000;

// A full disk or queue passes, as does a fault of ours: the client keeps the message.
MailReply ReplyFor(const Error& error) {
  if (error.kind == ErrorKind::kUnavailable) {
    return {452, "4.3.1", "There is no room for the message now; try again later"};
  }
  log::Error("SMTP submission failed", {{"detail", error.detail}});
  return {451, "4.3.0", "Internal error; try again later"};
}

// The credentials a session has authenticated with, as they were then.
struct Account {
  std::string username, password_digest;
  int64_t domain_id = 0;
  bool is_test = false;
};

class Submission : public core::MailTransaction {
 public:
  Submission(store::Store& store, Acceptance& acceptance, const Account& account, int64_t user_id,
             const core::MailEnvelope& envelope)
      : store_(store), acceptance_(acceptance), user_id_(user_id) {
    submission_.domain_id = account.domain_id;
    submission_.is_test = account.is_test;
    submission_.protocol = envelope.protocol;
    submission_.client = envelope.client_name + " ([" + envelope.client_address + "])";
  }

  MailReply AddRecipient(const std::string& address) override {
    const auto parsed = core::ParseEmailAddress(address);
    if (!parsed) {
      return {553, "5.1.3", Printable(address.substr(0, 100)) + " is not a valid e-mail address"};
    }
    const auto suppressed = store_.Read([&](store::Connection& connection) {
      return IsSuppressed(connection, submission_.is_test, user_id_, parsed->Text(), "");
    });
    if (!suppressed) return ReplyFor(suppressed.error());
    if (!*suppressed) {
      submission_.recipients.push_back(parsed->Text());
      return {250, "2.1.5", "Ok"};
    }
    if (submission_.suppressed.size() < kMostSuppressed) {
      submission_.suppressed.push_back(parsed->Text());
    }
    return {550, "5.1.1", parsed->Text() + " is in the suppression list",
            "Stop sending to this address, or take it off with egctl suppression.delete"};
  }

  bool Write(std::string_view piece) override {
    submission_.data += piece;
    return true;
  }

  MailReply Commit() override {
    const auto outcome = acceptance_.Accept(std::move(submission_));
    if (!outcome) return ReplyFor(outcome.error());
    if (const auto* refusals = std::get_if<SendRefusals>(&*outcome)) {
      return MailReplyFor(refusals->front());
    }
    const auto& accepted = std::get<AcceptedMessage>(*outcome);
    return {250, "2.0.0", "Ok: queued as " + accepted.id.ToString()};
  }

 private:
  store::Store& store_;
  Acceptance& acceptance_;
  const int64_t user_id_;
  RawSubmission submission_;
};

class SubmissionSink : public core::MailSink {
 public:
  SubmissionSink(store::Store& store, Acceptance& acceptance, Account account)
      : store_(store), acceptance_(acceptance), account_(std::move(account)) {}

  Begun Begin(const core::MailEnvelope& envelope) override {
    struct Found {
      bool credentials = false;
      std::optional<store::SendingFacts> facts;
    };
    const auto found = store_.Read([&](store::Connection& connection) {
      const auto row = store::SmtpCredentialStore(connection).FindByUsername(account_.username);
      return Found{row && row->password_digest == account_.password_digest,
                   store::SendingStore(connection).Find(account_.domain_id)};
    });
    if (!found) return {nullptr, ReplyFor(found.error())};
    if (!found->credentials) {
      return {nullptr,
              {550, "5.7.1", "These credentials were deleted or got a new password",
               "Give the client new credentials (egctl addsmtp), or its new password"}};
    }
    const SendRefusals refusals = JudgeSender(found->facts, Channel::kSmtp);
    if (!refusals.empty()) return {nullptr, MailReplyFor(refusals.front())};
    return {std::make_unique<Submission>(store_, acceptance_, account_, found->facts->user_id,
                                         envelope),
            {250, "2.1.0", "Ok"}};
  }

 private:
  store::Store& store_;
  Acceptance& acceptance_;
  const Account account_;
};

}  // namespace

core::MailLogin::Outcome SmtpSubmission::LogIn(const std::string& username,
                                               const std::string& password,
                                               const std::string& client_address) {
  const auto match = credentials_.FindMatch(username, password);
  Outcome outcome;
  if (!match) return outcome;  // no attempt
  const bool right = *match && (*match)->right;
  const std::lock_guard lock(one_login_);
  const bool admitted = !throttle_.Refuse(username, client_address);
  outcome.verdict = !admitted ? Verdict::kThrottled : right ? Verdict::kRight : Verdict::kWrong;
  if (*match) outcome.domain_id = (*match)->domain_id;
  if (outcome.verdict != Verdict::kRight) return outcome;
  throttle_.Forgive(username, client_address);
  outcome.sink = std::make_shared<SubmissionSink>(
      store_, acceptance_,
      Account{username, (*match)->password_digest, outcome.domain_id, (*match)->is_test});
  return outcome;
}

}  // namespace egd::service
