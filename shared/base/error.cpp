#include "shared/base/error.h"

#include <utility>

namespace egd {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view name;
  int http_status;
  int exit_code;
};

// Exit codes: 1 refused, 3 unreachable, 4 not authenticated or permitted, 5 not found, 9 rate
// limited.
constexpr Row kRows[] = {
    {ErrorKind::kInvalidArgument, "invalid_argument", 400, 1},
    {ErrorKind::kUnauthenticated, "unauthenticated", 401, 4},
    {ErrorKind::kForbidden, "forbidden", 403, 4},
    {ErrorKind::kNotFound, "not_found", 404, 5},
    {ErrorKind::kConflict, "conflict", 409, 1},
    {ErrorKind::kTooLarge, "too_large", 413, 1},
    {ErrorKind::kUnprocessable, "unprocessable", 422, 1},
    {ErrorKind::kRateLimited, "rate_limited", 429, 9},
    {ErrorKind::kInternal, "internal", 500, 1},
    {ErrorKind::kUnavailable, "unavailable", 503, 3},
};

const Row& RowOf(ErrorKind kind) {
  return kRows[static_cast<size_t>(kind)];
}

}  // namespace

int HttpStatus(ErrorKind kind) {
  return RowOf(kind).http_status;
}
int ExitCode(ErrorKind kind) {
  return RowOf(kind).exit_code;
}
std::string_view Name(ErrorKind kind) {
  return RowOf(kind).name;
}

Error InvalidArgument(std::string text) {
  return {ErrorKind::kInvalidArgument, std::move(text), {}};
}
Error NotFound(std::string text) {
  return {ErrorKind::kNotFound, std::move(text), {}};
}
Error Conflict(std::string text) {
  return {ErrorKind::kConflict, std::move(text), {}};
}
Error Forbidden(std::string text) {
  return {ErrorKind::kForbidden, std::move(text), {}};
}
Error Unauthenticated(std::string text) {
  return {ErrorKind::kUnauthenticated, std::move(text), {}};
}
Error Unprocessable(std::string text) {
  return {ErrorKind::kUnprocessable, std::move(text), {}};
}
Error Unavailable(std::string text, std::string detail) {
  return {ErrorKind::kUnavailable, std::move(text), std::move(detail)};
}
Error Internal(std::string detail) {
  return {ErrorKind::kInternal, "internal error", std::move(detail)};
}

}  // namespace egd
