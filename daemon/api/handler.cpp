#include "daemon/api/handler.h"

#include <stdexcept>

#include "shared/base/log.h"

namespace egd::api {
namespace {

using catalogue::Problem;

Problem Generic(const Error& error, std::string_view request_id) {
  switch (error.kind) {
    case ErrorKind::kUnauthenticated:
      return {catalogue::kCodeUnauthenticated, error.kind, error.public_text};
    case ErrorKind::kForbidden:
      return {catalogue::kCodeForbidden, error.kind, error.public_text};
    case ErrorKind::kRateLimited:
      return {catalogue::kCodeTooManyRequests, error.kind, error.public_text};
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnprocessable:
      return {catalogue::kCodeMalformed, error.kind, error.public_text};
    case ErrorKind::kUnavailable:
      return {catalogue::kCodeInternal, error.kind, error.public_text};
    case ErrorKind::kInternal:
      break;
  }
  return InternalProblem(request_id);
}

Failure FailAs(const catalogue::ErrorEntry* entry, const Call& call, std::string text) {
  if (entry == nullptr) {
    throw std::logic_error(std::string(call.command.name) +
                           ": its handler fails in a way that is not declared");
  }
  return {{{entry->code, entry->kind, text.empty() ? std::string(entry->text) : std::move(text)}}};
}

}  // namespace

Problem InternalProblem(std::string_view request_id) {
  return {catalogue::kCodeInternal, ErrorKind::kInternal,
          "Internal error; the operator finds it in the log as request " + std::string(request_id)};
}

Problem GenericProblem(const Error& error, std::string_view request_id) {
  if (!error.detail.empty()) {
    log::Write(error.kind == ErrorKind::kInternal ? log::Level::kError : log::Level::kWarning,
               "request failed",
               {{"request_id", std::string(request_id)},
                {"kind", std::string(Name(error.kind))},
                {"detail", error.detail}});
  }
  return Generic(error, request_id);
}

Failure Fail(const Call& call, catalogue::Cause cause, std::string text) {
  return FailAs(call.command.FindError(cause), call, std::move(text));
}

Failure FailWithCode(const Call& call, int code, std::string text) {
  return FailAs(call.command.FindError(code), call, std::move(text));
}

Failure Malformed(std::string text) {
  return {{{catalogue::kCodeMalformed, ErrorKind::kInvalidArgument, std::move(text)}}};
}

Failure Fail(const Call& call, const Error& error) {
  return {{GenericProblem(error, call.request_id)}};
}

}  // namespace egd::api
