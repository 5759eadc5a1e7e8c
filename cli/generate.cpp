#include <filesystem>
#include <fstream>

#include "cli/run.h"
#include "shared/catalogue/exit_status.h"
#include "shared/catalogue/rendered_file.h"

namespace egd::cli {

int Generate(Console& console, const std::vector<std::string>& arguments) {
  if (arguments.size() != 1) return UsageError(console, "generate takes one directory");
  auto files = catalogue::ManPages();
  for (auto& file : catalogue::Completions()) files.push_back(std::move(file));
  for (const auto& file : files) {
    const std::filesystem::path path = std::filesystem::path(arguments[0]) / file.path;
    std::error_code ignored;  // opening the file says what is wrong
    std::filesystem::create_directories(path.parent_path(), ignored);
    std::ofstream stream(path, std::ios::binary);
    if (!(stream << file.text).flush()) {
      Complain(console, "cannot write " + path.string());
      return catalogue::kExitRefused;
    }
  }
  return catalogue::kExitDone;
}

}  // namespace egd::cli
