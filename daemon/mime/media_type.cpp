#include "daemon/mime/media_type.h"

#include <gio/gio.h>

#include "daemon/mime/content_type.h"

namespace egd::mime {

std::string MediaTypeOf(const std::string& filename) {
  std::string type;
  if (char* guessed = g_content_type_guess(filename.c_str(), nullptr, 0, nullptr)) {
    type = guessed;
    g_free(guessed);
  }
  return IsMediaType(type) && !type.starts_with("inode/") ? type : "application/octet-stream";
}

}  // namespace egd::mime
