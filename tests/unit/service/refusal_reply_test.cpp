#include "daemon/service/sending/refusal_reply.h"

#include <catch2/catch.hpp>

#include "shared/catalogue/command.h"

namespace egd::service {

TEST_CASE("sendemail and smtprelay document every code that a refusal may have") {
  const catalogue::Command& sendemail = *catalogue::Find("emailgateway.sendemail");
  const catalogue::Command& smtprelay = *catalogue::Find("emailgateway.smtprelay");
  for (int i = 0; i <= int(SendProblem::kIdempotencyKeyReused); ++i) {
    CAPTURE(i);
    const RefusalCodes& codes = CodesOf(SendProblem(i));
    CHECK(codes.problem == SendProblem(i));
    CHECK(sendemail.FindError(codes.sendemail) != nullptr);
    CHECK(smtprelay.FindError(codes.smtprelay) != nullptr);
    const std::string reply = SmtpReply({SendProblem(i), "Why\r\n250 not", {}});
    CHECK((reply.starts_with("550 5.") || reply.starts_with("552 5.") ||
           reply.starts_with("554 5.") || reply.starts_with("451 4.") ||
           reply.starts_with("452 4.")));
    CHECK(reply.find('\n') == std::string::npos);
  }
}

}  // namespace egd::service
