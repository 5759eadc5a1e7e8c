// The admin's key, `<data_dir>/admin.key`: made on first start, never logged, read by the operator.
#pragma once

#include <string>

#include "shared/base/result.h"

namespace egd::auth {

// The SHA-256 of the admin key, whose file is made when there is none. The operator may write a key
// of their own there: at least 32 characters; white space around it is ignored. The error's detail
// says what is wrong with the file.
Result<std::string> AdminKeyDigest(const std::string& data_dir);

}  // namespace egd::auth
