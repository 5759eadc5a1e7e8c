// The two SASL mechanisms that every mail client has: PLAIN (RFC 4616) and LOGIN, which no RFC
// describes and Outlook uses. Pure; what a client sends is base64 (RFC 4954) of anything. Never
// CRAM-MD5: it would need passwords in the clear here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace egd::smtp_server {

struct SaslCredentials {
  std::string username, password;
};

// One base64 response; "=" is an empty one (RFC 4954 section 4). White space around it is forgiven.
// Nothing when it is not base64.
std::optional<std::string> DecodeResponse(std::string_view text);

// "authzid NUL authcid NUL password", decoded. An authzid other than the user is not permitted
// here, so it is as wrong as a password. Nothing when it is not of that form.
std::optional<SaslCredentials> ReadPlain(std::string_view response);

constexpr std::string_view kUsernamePrompt =
    "VXNlcm5hbWU6";  // "Username:", which Outlook looks for
constexpr std::string_view kPasswordPrompt = "UGFzc3dvcmQ6";  // "Password:"

}  // namespace egd::smtp_server
