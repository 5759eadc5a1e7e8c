// Inside the store room: what a caught exception means to the caller.
#pragma once

#include "shared/base/error.h"

namespace egd::store {

// Only in a catch block. kUnavailable when the disk is full or failing, memory is short or another
// program holds the database; otherwise kInternal: a bug, or damage.
Error CurrentFailure();

// Only in a catch block. The file is no (whole) database.
bool IsDamage();

}  // namespace egd::store
