// NAME
//   failure_policy: what a failed delivery attempt means. The only place that decides it.
//
// POLICY
//   What a server refuses in a transaction is read from its reply (core/reply_meaning.h). What
//   nobody said, because there was no route or the connection broke, is judged by the stage, from
//   the table in failure_policy.cpp.
//
//   Scope says whom it concerns, and so what the queue does:
//     session        this connection is of no use any more; another may work
//     host           this server does not take mail from us now; the next address may
//     destination    nobody there takes mail from us now; everything bound for it waits
//     sender-domain  nobody there takes mail of this sender's domain now; that mail waits
//     message        this message, for all recipients of the transaction
//     recipient      this recipient alone
//
//   Permanent failures bounce with a class; all others are tried again until the message expires:
//     hard      the mailbox does not exist. The only class that suppresses the address
//     disabled  the mailbox is disabled, locked or abandoned
//     quota     the mailbox is full
//     domain    the recipient's domain does not exist, has no mail server or loops
//     policy    refused by a rule of the recipient's side, or for the sender's domain
//     sender    the return-path was refused
//     size      the message is too large
//     content   taken for spam or malware, badly formed, or in need of what the server cannot take
//     protocol  the server did not understand us
//     other     refused, and the reply does not say what for
//   The queue adds `expired`: still failing when the message expired.
//
//   Pace says what it means for the other mail bound there: nothing, fewer connections, or a pause
//   of the whole lane. Only what is about us has one, and a lane heeds it only when it is said of
//   several different messages (queue/lane.h).
//
//   A reply about us does not even bounce, whatever its code: the mail waits. Trouble before MAIL
//   is about a host, never about a recipient, whatever its code: a "554 go away" banner on one
//   exchanger must not bounce mail that the next would take. Unknown means temporary, save for a
//   plain 5yz after MAIL, RCPT or DATA: that is the server's last word.
//
// SEE ALSO
//   RFC 5321 sections 4.2 (codes), 4.5.3.1.10 (552 at RCPT) and 5.1 (the next exchanger); RFC 7505
//   (null MX); RFC 6531 (5.6.7); RFC 8461 (MTA-STS).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/core/reply_meaning.h"
#include "daemon/smtp_client/answer.h"

namespace egd::smtp_client {

enum class Scope { kSession, kHost, kDestination, kSenderDomain, kMessage, kRecipient };
std::string_view Name(Scope scope);

// What the lane does about it.
enum class Pace { kKeep, kSlow, kPause };
std::string_view Name(Pace pace);

struct Verdict {
  bool permanent = false;
  Scope scope = Scope::kSession;
  std::string_view bounce_class;  // of a permanent failure
  bool suppress = false;          // never send to this address again
  Pace pace = Pace::kKeep;
  core::Refused refused = core::Refused::kServer;
  std::string_view cause;          // see core::ReplyMeaning
  std::string_view rule;           // its name, for explanations: "no-mailbox"
  std::string_view reason;         // the same in words
  std::vector<std::string> words;  // those of the reply that decided
};

// Pure, thread-safe. `answer` is a failure (not Delivered()). `recipients`: how many shared the
// transaction; a reply to the content of several is never held against one of them.
Verdict ClassifyFailure(const Answer& answer, size_t recipients);
// What a rule says, in words; empty for an unknown name.
std::string_view ReasonOf(std::string_view rule);

}  // namespace egd::smtp_client
