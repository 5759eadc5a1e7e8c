#include "daemon/core/delivery.h"

namespace egd::core {

bool MayPass(ErrorKind why) {
  switch (why) {
    case ErrorKind::kInternal:
    case ErrorKind::kUnavailable:
    case ErrorKind::kRateLimited:
      return true;
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kForbidden:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kTooLarge:
    case ErrorKind::kUnprocessable:
      return false;
  }
  return true;
}

}  // namespace egd::core
