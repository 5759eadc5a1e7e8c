// What can go wrong, once for the whole product. An Error travels inside a Result<T>; the one table
// in error.cpp gives each kind its HTTP status (RFC 9110) and its egctl exit code.
#pragma once

#include <string>
#include <string_view>

namespace egd {

enum class ErrorKind {
  kInvalidArgument,  // a parameter is missing or malformed
  kUnauthenticated,  // no key, a wrong key, an expired session
  kForbidden,        // known, but not permitted
  kNotFound,         // absent, or not yours
  kConflict,         // contradicts what is there
  kTooLarge,         // over a documented limit of size
  kUnprocessable,    // well-formed, refused by a rule of the gateway
  kRateLimited,      // too many requests; later is fine
  kInternal,         // a bug or a broken disk: logged, never explained to the client
  kUnavailable,      // a full queue or a missing peer; later is fine
};

// Thread safety: a value. `public_text` may be shown to the client; `detail` is for the log only.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string public_text;
  std::string detail;
};

int HttpStatus(ErrorKind kind);
int ExitCode(ErrorKind kind);
std::string_view Name(ErrorKind kind);

Error InvalidArgument(std::string public_text);
Error NotFound(std::string public_text);
Error Conflict(std::string public_text);
Error Forbidden(std::string public_text);
Error Unauthenticated(std::string public_text);
Error Unprocessable(std::string public_text);
Error Unavailable(std::string public_text, std::string detail = {});
Error Internal(std::string detail);

}  // namespace egd
