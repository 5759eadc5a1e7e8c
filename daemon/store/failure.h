// Inside the store room: what a caught exception means to the caller.
#pragma once

#include <SQLiteCpp/Exception.h>

#include "shared/base/error.h"

namespace egd::store {

// Only in a catch block. kUnavailable when the disk is full or failing, memory is short or another
// program holds the database; otherwise kInternal: a bug, or damage.
Error CurrentFailure();

bool IsDamage(const SQLite::Exception& exception);  // the file is no (whole) SQLite database

}  // namespace egd::store
