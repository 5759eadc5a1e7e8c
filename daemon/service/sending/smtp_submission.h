// Mail that applications submit over SMTP (RFC 6409): whose it is, and its way into Acceptance, the
// same that HTTP and smtprelay take. Policy:
//  - Credentials are checked again for each message: deleted or reset ones stop working at once,
//    also on connections that are open.
//  - A suppressed recipient is refused when it is named, so that the client hears whose mail does
//    not go out; it still gets its `rejected` event when the message is accepted for others.
//  - The envelope sender is not looked at: the return-path is the gateway's own, and From decides.
#pragma once

#include <mutex>
#include <string>

#include "daemon/auth/login_throttle.h"
#include "daemon/core/mail_sink.h"
#include "daemon/service/accounts/smtp_credentials.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/store/store.h"

namespace egd::service {

// Owned by Daemon. Thread-safe; blocks on the store.
class SmtpSubmission : public core::MailLogin {
 public:
  SmtpSubmission(store::Store& store, SmtpCredentialService& credentials, Acceptance& acceptance,
                 auth::LoginThrottle& throttle)
      : store_(store), credentials_(credentials), acceptance_(acceptance), throttle_(throttle) {}

  Outcome LogIn(const std::string& username, const std::string& password,
                const std::string& client_address) override;

 private:
  store::Store& store_;
  SmtpCredentialService& credentials_;
  Acceptance& acceptance_;
  auth::LoginThrottle& throttle_;
  // From where the throttle counts an attempt to where it forgives it: of a pool's many right ones
  // at once it would take the most for guesses.
  std::mutex one_login_;
};

}  // namespace egd::service
