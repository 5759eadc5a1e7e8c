// A message whose HTML nobody changes stays as it is, whatever its structure; one whose HTML
// changes keeps all lines it had outside of it.
#include "daemon/mime/html_parts.h"

#include "tests/fuzz/fuzz.h"

using namespace egd;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  const auto keep = [](std::string_view, bool) { return std::optional<std::string>(); };
  fuzz::Require(mime::ChangeHtmlParts(text, keep) == text);
  const auto add = [](std::string_view html, bool) {
    return std::optional<std::string>(std::string(html) + "<PIXEL>");
  };
  fuzz::Require(mime::ChangeHtmlParts(text, add).size() + 1024 >= text.size() / 4);
  return 0;
}
