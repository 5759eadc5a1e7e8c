// A secret in a file of its own under the data directory: made once, mode 0600, readable by nobody
// else.
#pragma once

#include <functional>
#include <string>

#include "shared/base/result.h"

namespace egd::auth {

// Why egd cannot start with the secret file that is there: public_text is a sentence for the
// operator.
Error UnusableSecret(std::string sentence);

// The content of `path`; when there is no such file, that of `make()`, written and synced (file and
// directory) before it gets its name, so a crash leaves a whole file or none. Refuses, with a
// sentence for the operator, anything but a regular file that its owner (us) alone may use. Content
// is at most 4 KiB. Not meant for concurrent makers of one path: the loser reads what the winner
// wrote.
Result<std::string> ReadOrMakeSecretFile(const std::string& path,
                                         const std::function<std::string()>& make);

}  // namespace egd::auth
