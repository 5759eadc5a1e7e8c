#include "daemon/store/failure.h"

#include <exception>
#include <system_error>

#include "daemon/store/driver.h"

namespace egd::store {
namespace {

bool IsTemporary(const SQLite::Exception& exception) {
  switch (exception.getErrorCode() & 0xff) {  // the primary result code
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
      return true;
    default:
      return false;
  }
}

}  // namespace

Error CurrentFailure() {
  try {
    throw;
  } catch (const SQLite::Exception& exception) {
    if (IsTemporary(exception))
      return Unavailable("The gateway's disk is not available.", exception.what());
    return Internal(exception.what());
  } catch (const std::system_error& error) {  // a segment
    return Unavailable("The gateway's disk is not available.", error.what());
  } catch (const std::exception& exception) {
    return Internal(exception.what());
  } catch (...) {
    return Internal("unknown exception");
  }
}

bool IsDamage() {
  try {
    throw;
  } catch (const SQLite::Exception& exception) {
    const int code = exception.getErrorCode() & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  } catch (...) {
    return false;
  }
}

}  // namespace egd::store
