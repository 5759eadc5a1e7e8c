#include "daemon/smtp_client/answer.h"

namespace egd::smtp_client {

std::string_view Name(Stage stage) {
  switch (stage) {
    case Stage::kRoute:
      return "route";
    case Stage::kConnect:
      return "connect";
    case Stage::kBanner:
      return "greeting";
    case Stage::kHello:
      return "EHLO";
    case Stage::kStartTls:
      return "STARTTLS";
    case Stage::kAuth:
      return "AUTH";
    case Stage::kCompose:
      return "compose";
    case Stage::kMail:
      return "MAIL";
    case Stage::kRcpt:
      return "RCPT";
    case Stage::kData:
      return "DATA";
    case Stage::kEndOfData:
      return "end of data";
  }
  return "";
}

}  // namespace egd::smtp_client
