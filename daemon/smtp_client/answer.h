// Where a delivery attempt ended, and with which words. A value; thread-safe.
#pragma once

#include <string_view>

#include "daemon/smtp/smtp_reply.h"

namespace egd::smtp_client {

// In the order of an attempt.
enum class Stage {
  kRoute,      // finding where to connect
  kConnect,    // TCP
  kBanner,     // the server's greeting
  kHello,      // EHLO or HELO
  kStartTls,   // STARTTLS and the handshake
  kAuth,       // logging in (a smarthost)
  kCompose,    // making and signing the message
  kMail,       // MAIL FROM
  kRcpt,       // RCPT TO
  kData,       // DATA
  kEndOfData,  // content and final dot
};
std::string_view Name(Stage stage);  // "RCPT", for logs

struct Answer {
  Stage stage = Stage::kRoute;
  smtp::SmtpReply reply;

  bool Delivered() const { return stage == Stage::kEndOfData && reply.IsPositive(); }
};

}  // namespace egd::smtp_client
