// A message as the client described it, before it becomes MIME. Values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.h"
#include "shared/base/uuid.h"

namespace egd::core {

struct Mailbox {
  std::string name;   // UTF-8, may be empty
  std::string email;  // addr-spec; the domain part in A-labels
};

struct Attachment {
  std::string filename;  // UTF-8
  std::string content;   // decoded bytes
  std::string type;      // "application/pdf"
  bool inline_part = false;
  std::string content_id;  // without <>
};

// What POST /api/v1/email asks to send; checked by service::accept, stored as it is, composed at
// delivery.
struct Draft {
  Mailbox from;
  std::vector<Mailbox> to, cc, bcc, reply_to;
  std::string subject;
  std::string html;   // empty: none
  std::string plain;  // empty: none
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Attachment> attachments;
  bool track_links = false;
  bool track_opens = false;
  bool unsubscribe_link = false;
  bool each_alone = false;  // To is the recipient of the copy alone: a send to a list
};

enum class ContentKind { kDraft, kRaw };  // kRaw: a complete RFC 5322 message with CRLF, from SMTP

// One accepted message, without its content and recipients.
struct Message {
  Uuid id;
  int64_t user_id = 0;
  int64_t domain_id = 0;
  std::string from_header;  // "Jane <jane@example.com>": as events show it
  std::string to_header;
  std::string subject;
  std::vector<std::string> tags;
  int64_t journey_id = 0;
  int64_t action_id = 0;
  ContentKind content_kind = ContentKind::kDraft;
  bool smtputf8 = false;  // an address outside ASCII is in the envelope or a header
  bool track_links = false, track_opens = false;
  bool is_test = false;  // of a test key: it never leaves the gateway
  // What its unsubscribe link asks for: "bulk" or "list:7"; empty: it offers none.
  std::string unsubscribe_scope;
  UnixMillis accepted_at = 0;
  UnixMillis send_at = 0;
  UnixMillis expires_at = 0;
};

}  // namespace egd::core
