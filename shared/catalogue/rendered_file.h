// Files rendered from the catalogue and committed: "egctl generate DIR" writes them, a test
// compares them. Pure, thread-safe.
#pragma once

#include <string>
#include <vector>

namespace egd::catalogue {

struct RenderedFile {
  std::string path;  // from the root of the source tree: "man/egctl.1"
  std::string text;
};

std::vector<RenderedFile> ManPages();     // mdoc(7): man/egctl.1 and a page a Command
std::vector<RenderedFile> Completions();  // for bash, zsh and fish

}  // namespace egd::catalogue
