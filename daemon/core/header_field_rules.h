// What becomes of each header field on its way out: the one table for messages that come in
// complete (mime/raw_message.h) and for signatures (dkim/signer.h), so that what was checked, what
// is sent and what is signed is the same. Pure, thread-safe.
//
//   field                      handed in       how often  signed
//   From                       rewritten       once       against additions
//   Sender                     rewritten       once       against additions
//   Reply-To                   rewritten       once       against additions
//   To, Cc                     kept            once       against additions
//   Bcc                        removed         once       no
//   Subject, Date, Message-ID  kept            once       against additions
//   In-Reply-To, References    kept            once       against additions
//   MIME-Version, Content-Type,
//   Content-Transfer-Encoding  kept            once       against additions
//   List-Unsubscribe,
//   List-Unsubscribe-Post      kept            once       against additions
//   List-ID, Feedback-ID       kept            once       yes
//   Resent-Bcc, Return-Path    removed         any        no
//   Authentication-Results,
//   Received-SPF               removed         any        no
//   every other field          kept            any        no
//
// "Rewritten" fields go out as their addresses were understood, so that no reader sees another one
// than was checked; one that cannot be understood is refused. A Sender outside the sender domain is
// removed. "Once" fields that occur again are refused: readers differ in which of them they
// believe. "Removed" is what only the servers behind us may say. "Against additions" means that a
// field of this name that is added later breaks the signature (RFC 6376 section 8.15).
#pragma once

#include <span>
#include <string_view>

namespace egd::core {

enum class HandedIn { kKept, kRewritten, kRemoved };
enum class SignedAs { kNot, kAsItIs, kAgainstAdditions };

struct HeaderFieldRule {
  std::string_view name = {};
  HandedIn handed_in = HandedIn::kKept;
  bool once = false;
  SignedAs signed_as = SignedAs::kNot;
};

// In the order in which a signature names them; fields that are not there are kept, and not signed.
std::span<const HeaderFieldRule> HeaderFieldRules();

// Of a field without a rule: one that keeps it.
const HeaderFieldRule& RuleOf(std::string_view field_name);

}  // namespace egd::core
