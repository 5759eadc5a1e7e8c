// How a Draft is kept in the store: a version octet, then every field in turn, texts and lists
// preceded by their length as a varint (7 bits an octet, low first). Binary, because content is
// most of what is stored and attachments would grow by a third as text. Pure functions,
// thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "daemon/core/message.h"
#include "shared/base/result.h"

namespace egd::service {

std::string EncodeDraft(const core::Draft& draft);
// kInternal for bytes that EncodeDraft did not write, whatever they are.
Result<core::Draft> DecodeDraft(std::string_view bytes);

}  // namespace egd::service
