#include "daemon/core/reply_meaning.h"

#include <catch2/catch.hpp>

#include "daemon/core/reply_words.h"
#include "shared/base/strings.h"

namespace egd::core {
namespace {

struct Case {
  Refused refused;
  int code;
  std::string enhanced, text;
};

ReplyMeaning Heard(int code, const std::string& enhanced, const std::string& text,
                   ReplyStage stage = ReplyStage::kRcpt) {
  return ClassifyReply(stage, code, enhanced, text);
}

std::string Words(const std::string& text) {
  return Join(ReplyWords(text).words(), " ");
}

}  // namespace

TEST_CASE("Addresses, host names, URLs and numbers are not words", "[reply]") {
  CHECK(Words("User <a b@c.example> unknown") == "user unknown");
  CHECK(Words("No such user: \"spam haus\"@x.example.") == "no such user");
  CHECK(Words("mailbox user@spamhaus.example unavailable") == "mailbox unavailable");
  CHECK(Words("see https://x.example/blacklist?a=b for 5.7.1 help") == "see for help");
  CHECK(Words("client mx.sorbs.example[192.0.2.25] of EXAMPLE.ORG") == "client of");
  CHECK(Words("2001:db8::1 and 192.0.2.1") == "db8 and");
}

TEST_CASE("Sentences end words, not host names; accents and apostrophes vanish", "[reply]") {
  CHECK(Words("rejected.Please try") == "rejected . please try");
  CHECK(Words("RESOLVER.ADR.RecipNotFound; none") == "resolver adr recipnotfound . none");
  CHECK(Words("doesn't, Bo\u00eete e-mail [TSS04] OFR_1") == "doesnt . boite email tss04 ofr_1");
}

TEST_CASE("A reply is judged by what it refuses", "[reply]") {
  const auto [refused, code, enhanced, text] = GENERATE(values<Case>({
      // mailbox
      {Refused::kMailbox, 550, "5.1.1",
       "The email account that you tried to reach does not exist."},
      {Refused::kMailbox, 550, "", "No such user here"},
      {Refused::kMailbox, 550, "", "Unrouteable address"},
      {Refused::kMailbox, 550, "", "sorry, no mailbox here by that name. (#5.1.1)"},
      {Refused::kMailbox, 550, "5.1.1", "unknown or illegal alias: bob@example.net"},
      {Refused::kMailbox, 550, "", "Requested action not taken: mailbox not found"},
      {Refused::kMailbox, 550, "5.5.0",
       "Requested action not taken: mailbox unavailable (S2017062302)."},
      {Refused::kMailbox, 550, "", "#5.1.0 Address rejected."},
      {Refused::kMailbox, 550, "5.1.1",
       "bob@example.com: Email address could not be found, or was misspelled (G8)"},
      {Refused::kMailbox, 550, "5.1.1",
       "Recipient address rejected: User unknown in relay recipient table"},
      {Refused::kMailbox, 550, "5.1.1",
       "Recipient address rejected: User unknown in local recipient table"},
      {Refused::kMailbox, 550, "", "bob@example.net User unknown in local recipient table"},
      {Refused::kMailbox, 553, "5.3.0", "<bob@example.net>... No such user here"},
      {Refused::kMailbox, 550, "5.0.0", "Mailbox unknown or not accepting mail."},
      {Refused::kMailbox, 550, "5.1.1", "Mailbox \"bob\" does not exist"},
      {Refused::kMailbox, 550, "5.1.1", "Benutzer unbekannt"},
      {Refused::kMailbox, 550, "", "Empfänger unbekannt"},
      {Refused::kMailbox, 550, "", "Der Empfänger existiert nicht"},
      {Refused::kMailbox, 550, "5.1.1", "Utilisateur inconnu"},
      {Refused::kMailbox, 550, "", "Le destinataire n'existe pas. Adresse inconnue"},
      {Refused::kMailbox, 550, "5.1.1", "El usuario no existe"},
      {Refused::kMailbox, 550, "", "Usuário inexistente"},
      {Refused::kMailbox, 550, "", "Destinatário desconhecido"},
      {Refused::kMailbox, 550, "", "Utente sconosciuto"},
      {Refused::kMailbox, 550, "", "Nie ma takiego użytkownika"},
      {Refused::kMailbox, 550, "5.7.1", "No such user!"},
      {Refused::kMailbox, 550, "", "User not found: bob@163.com"},
      {Refused::kMailbox, 550, "5.1.1", "RESOLVER.ADR.ExRecipNotFound; not found"},
      {Refused::kMailbox, 550, "5.1.10",
       "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"},
      {Refused::kMailbox, 550, "5.1.1", "User bob@example.net (in reply to RCPT TO) is unknown"},
      {Refused::kMailbox, 550, "", "Invalid recipient: bob@barracuda.example"},
      {Refused::kMailbox, 550, "", "No such user: sales@throttle-parts.example"},
      {Refused::kMailbox, 550, "5.1.10",
       "RESOLVER.ADR.RecipientNotFound; Recipient nobody@barracuda.example not found by SMTP "
       "address lookup"},
      {Refused::kMailbox, 550, "",
       "invalid mailbox. local mailbox bob@mail.ru is unavailable: user not found"},
      {Refused::kMailbox, 550, "5.1.1", "The recipient account does not exist or is not active"},
      {Refused::kMailbox, 553, "5.3.0",
       "<bob@example.net>... Addressee unknown, relay=[192.0.2.1]"},
      // mailbox-temporary
      {Refused::kMailboxForNow, 550, "5.2.1",
       "The user you are trying to contact is receiving mail at a rate that prevents additional "
       "messages from being delivered."},
      {Refused::kMailboxForNow, 552, "5.1.1",
       "Boite du destinataire pleine. Recipient overquota OFR_417"},
      {Refused::kMailboxForNow, 550, "5.1.90",
       "Your message can't be sent because the recipient has reached the daily limit for message "
       "recipients"},
      {Refused::kMailboxForNow, 450, "4.2.1",
       "The user you are trying to contact is receiving mail too quickly. Please resend your "
       "message at a later time."},
      {Refused::kMailboxForNow, 552, "5.2.2",
       "The email account that you tried to reach is over quota and inactive"},
      {Refused::kMailboxForNow, 554, "5.2.2",
       "mailbox full; "
       "STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded"},
      {Refused::kMailboxForNow, 452, "4.2.2", "Mailbox full"},
      {Refused::kMailboxForNow, 550, "", "Das Postfach ist voll"},
      {Refused::kMailboxForNow, 552, "", "Casella piena"},
      {Refused::kMailboxForNow, 550, "", "Buzón lleno"},
      {Refused::kMailboxForNow, 552, "5.2.2",
       "This message is larger than the current system limit or the recipient's mailbox is full"},
      {Refused::kMailboxForNow, 550, "5.2.1", "Mailbox disabled, not accepting messages"},
      {Refused::kMailboxForNow, 550, "", "account has been disabled"},
      {Refused::kMailboxForNow, 550, "", "Mailbox is frozen"},
      {Refused::kMailboxForNow, 550, "5.1.1", "The email account is over its storage limit"},
      {Refused::kMailboxForNow, 450, "4.2.1", "The mailbox is temporarily disabled"},
      {Refused::kMailboxForNow, 450, "4.2.2",
       "<bob@example.net>: Recipient address rejected: mailbox over quota"},
      {Refused::kMailboxForNow, 550, "",
       "Message was not accepted -- invalid mailbox. Local mailbox bob@mail.ru is unavailable: "
       "user is terminated"},
      // return-path
      {Refused::kReturnPath, 550, "",
       "Verification failed for <b-xyz@sl.example> / No Such User Here / Sender verify failed"},
      {Refused::kReturnPath, 550, "5.1.0",
       "<b-x@y.example>: Sender address rejected: User unknown in virtual mailbox table"},
      {Refused::kReturnPath, 550, "5.1.1", "Sender address rejected: User unknown"},
      {Refused::kReturnPath, 553, "5.1.8",
       "<b@x.example>... Domain of sender address b@x.example does not exist"},
      {Refused::kReturnPath, 550, "", "Callback setup failed while verifying <b@x.example>"},
      {Refused::kReturnPath, 450, "4.1.8", "<b@x>: Sender address rejected: Domain not found"},
      {Refused::kReturnPath, 550, "5.7.27", "Sender address has null MX"},
      {Refused::kReturnPath, 501, "5.1.7", "Bad sender address syntax"},
      {Refused::kReturnPath, 550, "", "Absenderadresse ungültig"},
      {Refused::kReturnPath, 550, "", "The sender address could not be verified: no such user"},
      {Refused::kReturnPath, 553, "",
       "sorry, your envelope sender is in my badmailfrom list (#5.7.1)"},
      {Refused::kReturnPath, 550, "", "Domain may not exist or DNS check failed"},
      {Refused::kReturnPath, 553, "5.7.1", "Sender address rejected: not owned by auth user"},
      // sender-domain
      {Refused::kSenderDomain, 421, "4.7.0",
       "[192.0.2.1] Our system has detected that this message is suspicious due to the very low "
       "reputation of the sending domain. To protect our users, mail was deferred"},
      {Refused::kSenderDomain, 550, "5.7.26",
       "This mail is unauthenticated, which poses a security risk to the sender and Gmail users, "
       "and has been blocked."},
      {Refused::kSenderDomain, 550, "5.7.1", "Email rejected per DMARC policy for example.org"},
      {Refused::kSenderDomain, 550, "", "SPF check failed"},
      {Refused::kSenderDomain, 550, "5.7.23",
       "The message was rejected because of Sender Policy Framework violation"},
      {Refused::kSenderDomain, 550, "5.7.515",
       "Access denied, sending domain EXAMPLE.ORG does not meet the required authentication level. "
       "The sender's domain in the 5322.From address doesn't meet the authentication requirements"},
      {Refused::kSenderDomain, 554, "5.7.1",
       "Service unavailable; Sender address [b@x.example] blocked using dbl.spamhaus.org"},
      {Refused::kSenderDomain, 554, "5.7.1",
       "<x.example>: Helo command rejected: listed in dbl; domain is listed"},
      {Refused::kSenderDomain, 550, "5.7.20", "No passing DKIM signature found"},
      {Refused::kSenderDomain, 550, "", "DKIM verification failed"},
      {Refused::kSenderDomain, 554, "5.7.9", "Message not accepted for policy reasons. DMARC"},
      {Refused::kSenderDomain, 421, "4.7.32",
       "Your email has been rate limited because the From: header (RFC5322) in this message isn't "
       "aligned with either the authenticated SPF or DKIM organizational domain"},
      {Refused::kSenderDomain, 550, "5.7.1", "Your domain example.org is blacklisted"},
      {Refused::kSenderDomain, 553, "",
       "SPF (Sender Policy Framework) domain authentication fail. Refer to the Troubleshooting "
       "page"},
      {Refused::kSenderDomain, 550, "", "Domain frequency limited"},
      // content
      {Refused::kContent, 550, "5.7.1", "Message rejected: link listed by Spamhaus DBL"},
      {Refused::kContent, 550, "5.7.1",
       "This message was blocked because it contains a URL listed in uribl"},
      {Refused::kContent, 554, "5.7.1", "The message has been rejected because it contains spam"},
      {Refused::kContent, 554, "", "Your message was detected as spam"},
      {Refused::kContent, 550, "5.7.1", "Message content rejected by filter"},
      {Refused::kContent, 552, "5.3.4", "Message size exceeds fixed maximum message size"},
      {Refused::kContent, 554, "5.6.0", "Message contains a virus (Eicar-Test-Signature)"},
      {Refused::kContent, 550, "", "High probability of spam"},
      {Refused::kContent, 550, "5.7.0",
       "This message was blocked because its content presents a potential security issue. Please "
       "visit"},
      {Refused::kContent, 554, "5.7.1", "rejected: Spam score too high (12.3)"},
      {Refused::kContent, 550, "5.7.1", "Unsolicited bulk mail"},
      {Refused::kContent, 554, "", "DT:SPM 163 mx1"},
      {Refused::kContent, 554, "5.7.1", "Blocked by SpamAssassin"},
      {Refused::kContent, 550, "", "SPAM detected by content scanner. Blacklisted URL in message."},
      {Refused::kContent, 421, "4.7.0",
       "Our system has detected that this message is suspicious due to the nature of the content "
       "and/or the links within. To best protect our users from spam, the message has been "
       "blocked"},
      {Refused::kContent, 554, "5.7.1",
       "Message rejected under suspicion of SPAM; https://ya.cc/1IrBc"},
      {Refused::kContent, 550, "", "Mail content denied"},
      {Refused::kContent, 554, "", "rejected due to spam URL in content"},
      {Refused::kContent, 554, "5.7.1",
       "Message scored too high on spam scale. For help, please quote incident ID"},
      {Refused::kContent, 554, "", "Maximum email size exceeded"},
      // sender-reputation
      {Refused::kUs, 550, "5.7.1",
       "Service unavailable, client host [192.0.2.1] blocked using Spamhaus"},
      {Refused::kUs, 550, "5.7.1",
       "Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet "
       "service provider since part of their network is on our block list (S3140)."},
      {Refused::kUs, 421, "4.7.0",
       "[TSS04] Messages from 192.0.2.1 temporarily deferred due to user complaints"},
      {Refused::kUs, 553, "5.7.1",
       "[BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's "
       "list"},
      {Refused::kUs, 421, "4.7.0",
       "[192.0.2.1 15] Our system has detected an unusual rate of unsolicited mail originating "
       "from your IP address"},
      {Refused::kUs, 554, "", "refused: your IP has a poor reputation"},
      {Refused::kUs, 550, "5.7.25",
       "The IP address sending this message does not have a PTR record setup"},
      {Refused::kUs, 450, "4.7.1",
       "Client host rejected: cannot find your reverse hostname, [192.0.2.1]"},
      {Refused::kUs, 421, "", "Too many concurrent SMTP connections; please try again later."},
      {Refused::kUs, 451, "4.7.651",
       "The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation."},
      {Refused::kUs, 550, "", "Connection frequency limited"},
      {Refused::kUs, 550, "", "Ip frequency limited"},
      {Refused::kUs, 554, "5.7.1", "You are sending too many mails, 421 slow down"},
      {Refused::kUs, 421, "4.7.0", "too many connections from your IP"},
      {Refused::kUs, 554, "5.7.1", "<unknown[192.0.2.1]>: Client host rejected: Access denied"},
      {Refused::kUs, 554, "",
       "Your access to this mail system has been rejected due to the sending MTA's poor "
       "reputation. If you believe that this failure is in error, please contact the intended "
       "recipient via alternate means."},
      {Refused::kUs, 550, "5.7.1",
       "Mail from IP 192.0.2.1 was rejected due to listing in Spamhaus SBL"},
      {Refused::kUs, 550, "5.4.5", "Daily user sending limit exceeded"},
      {Refused::kUs, 421, "4.7.1", ": (RLY:B1) The IP address you're using is rate limited"},
      {Refused::kUs, 554, "",
       "rblDNS: hostname blacklisted; ERROR: Mail Refused - 192.0.2.1 - See http://x"},
      {Refused::kUs, 421, "", "HL:REP 163 mx2"},
      {Refused::kUs, 550, "5.7.511", "Access denied, banned sender [192.0.2.1]"},
      {Refused::kUs, 550, "5.7.1",
       "The IP you're using to send mail is not authorized to send email directly to our servers. "
       "Please use the SMTP relay at your service provider instead."},
      {Refused::kUs, 421, "",
       "RP-001 The mail server IP connecting to Outlook.com server has exceeded the rate limit "
       "allowed."},
      {Refused::kUs, 550, "",
       "DY-002 Mail rejected by Outlook.com for policy reasons. The likely cause is a compromised "
       "or virus infected server/personal computer."},
      {Refused::kUs, 550, "",
       "SC-004 Mail rejected by Outlook.com for policy reasons. A block has been placed against "
       "your IP address because we have received complaints concerning mail coming from that IP "
       "address."},
      {Refused::kUs, 421, "4.7.0",
       "[GL01] Message from (192.0.2.1) temporarily deferred - 4.16.50."},
      {Refused::kUs, 554, "5.7.0",
       "Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1"},
      {Refused::kUs, 421, "",
       "4.1.0 192.0.2.25 Throttled - try again later. Please see http://postmaster.comcast.net"},
      {Refused::kUs, 421, "",
       "Too many spams from your IP (192.0.2.25), please visit http://postmaster.free.fr/"},
      {Refused::kUs, 550, "",
       "Access from ip address 192.0.2.1 blocked. Visit http://postmaster.mail.ru/"},
      {Refused::kUs, 550, "5.4.6", "Unusual sending activity detected. Please try after sometime"},
      {Refused::kUs, 550, "", "Suspected spam ip"},
      {Refused::kUs, 550, "", "Local CT IP Reputation (reject)"},
      // policy
      {Refused::kPolicy, 554, "5.7.1", "Relay access denied"},
      {Refused::kPolicy, 550, "5.7.1", "Unable to relay"},
      {Refused::kPolicy, 550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain"},
      {Refused::kPolicy, 550, "5.7.1", "Access denied"},
      {Refused::kPolicy, 550, "5.7.133",
       "RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction "
       "check failed because the sender was not authenticated when sending to this group"},
      {Refused::kPolicy, 550, "5.7.1", "RESOLVER.RST.NotAuthorized; not authorized"},
      {Refused::kPolicy, 554, "5.7.1", "Recipient address rejected: Access denied"},
      {Refused::kPolicy, 550, "", "Rejected due to local policy"},
      {Refused::kPolicy, 550, "5.7.1", "You do not have permission to send to this recipient"},
      {Refused::kPolicy, 552, "5.1.1", "Mailbox delivery failure policy error"},
      {Refused::kPolicy, 554, "", "Email rejected due to security policies"},
      {Refused::kPolicy, 541, "5.4.1", "Mail rejected by destination domain"},
      // temporary
      {Refused::kServer, 450, "4.2.0",
       "<bob@example.net>: Recipient address rejected: Greylisted, see "
       "http://postgrey.schweikert.ch/help/x.html"},
      {Refused::kServer, 451, "4.7.1", "Greylisting in action, please come back later"},
      {Refused::kServer, 450, "4.1.1",
       "<x@y>: Recipient address rejected: unverified address: connect to y[1.2.3.4]:25: "
       "Connection timed out"},
      {Refused::kServer, 421, "4.3.2", "Service shutting down"},
      {Refused::kServer, 451, "", "Temporary local problem - please try later"},
      {Refused::kServer, 451, "4.3.0", "<x@y>: Temporary lookup failure"},
      {Refused::kServer, 452, "4.5.3", "Too many recipients"},
      {Refused::kServer, 432, "4.3.2", "STOREDRV.ClientSubmit; sender thread limit exceeded"},
      {Refused::kServer, 421, "", "Server busy, try again later"},
      {Refused::kServer, 450, "", "Mailbox busy"},
      {Refused::kServer, 451, "", "Internal resources are temporarily unavailable"},
      // unclear
      {Refused::kUnclear, 550, "", "Requested action not taken: mailbox unavailable"},
      {Refused::kUnclear, 554, "", "Transaction failed"},
      {Refused::kUnclear, 550, "", "Rejected"},
      // protocol
      {Refused::kProtocol, 503, "5.5.1", "Bad sequence of commands"},
      {Refused::kProtocol, 500, "", "Command unrecognized"},
      {Refused::kProtocol, 550, "5.7.1",
       "Messages with multiple addresses in From: header are not accepted"},
      {Refused::kProtocol, 554, "5.6.0", "Message is not RFC 5322 compliant"},
      {Refused::kProtocol, 451, "4.5.0", "SMTP protocol violation, see RFC 2821"},
      // recipient-domain
      {Refused::kRecipientDomain, 550, "5.1.2", "Host unknown"},
      {Refused::kRecipientDomain, 550, "5.4.4", "Unable to route"},
      {Refused::kRecipientDomain, 556, "5.1.10", "Recipient address has null MX"},
      {Refused::kRecipientDomain, 553, "5.1.2",
       "We weren't able to find the recipient domain. Please check for any spelling errors"},
  }));
  INFO(code << " " << enhanced << " " << text);
  const ReplyMeaning meaning = Heard(code, enhanced, text);
  INFO(meaning.rule);
  CHECK(Name(meaning.refused) == Name(refused));
  CHECK_FALSE(meaning.cause.empty());
  CHECK(ReasonOfReplyRule(meaning.rule) == meaning.reason);
}

TEST_CASE("At MAIL only the sender has been named", "[reply]") {
  CHECK(Heard(550, "5.1.1", "User unknown", ReplyStage::kMail).refused == Refused::kReturnPath);
}

TEST_CASE("Nothing temporary is known of a mailbox for good", "[reply]") {
  CHECK(Heard(450, "4.1.1", "User unknown").refused == Refused::kServer);
  CHECK(Heard(0, "4.1.1", "User unknown", ReplyStage::kUnknown).refused == Refused::kServer);
  CHECK(Heard(0, "5.1.1", "User unknown", ReplyStage::kUnknown).refused == Refused::kMailbox);
}

TEST_CASE("A code in the text counts when none is given", "[reply]") {
  CHECK(Heard(550, "", "cuda_nsu 5.1.1 rejected").refused == Refused::kMailbox);
  CHECK(Heard(553, "", "badly filed (#5.7.26)").refused == Refused::kSenderDomain);
  CHECK(Heard(550, "", "version 15.1.1 and 5.1.1.2").refused == Refused::kUnclear);
}

TEST_CASE("The longest phrase names the rule, and its words are shown", "[reply]") {
  const auto meaning = Heard(552, "5.1.1", "Boite du destinataire pleine. Recipient overquota");
  CHECK(meaning.rule == "mailbox-full");
  CHECK(meaning.cause == "mailboxfull");
  CHECK(meaning.words == std::vector<std::string>{"boite du destinataire pleine", "overquota"});
}

TEST_CASE("A reply of one word repeated without end is read in bounded time", "[reply]") {
  std::string text;
  while (text.size() < 100'000) text += "mailbox ";
  CHECK(Heard(550, "", text).refused == Refused::kUnclear);
}

}  // namespace egd::core
