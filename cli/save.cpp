#include "cli/save.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <nlohmann/json.hpp>

#include "cli/partial_file.h"
#include "cli/session.h"
#include "shared/catalogue/exit_status.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// What was asked for takes as long as it takes; --timeout bounds it.
constexpr std::chrono::hours kDefaultTimeout{1};

int CannotWrite(const Console& console, const std::string& file) {
  Complain(console, "cannot write " + file + ": " + std::strerror(errno));
  return catalogue::kExitRefused;
}

}  // namespace

int SaveReply(Console& console, const catalogue::Command& command, const Words& words,
              const Json& request, const std::string& file, const Printing& printing) {
  if (file.empty()) return UsageError(console, "File is missing", std::string(command.CliName()));
  std::error_code missing;
  if (std::filesystem::exists(file, missing) && !std::filesystem::is_regular_file(file, missing)) {
    Complain(console, file + " is not a regular file; use - for standard output");
    return catalogue::kExitRefused;
  }
  PartialFile part(file);
  if (!part.stream()) return CannotWrite(console, file);
  Console saving{console.arguments, console.environment, console.input, console.pause,
                 part.stream(),     console.err,         false,         console.err_is_terminal,
                 console.rows,      console.columns};
  auto session = Session::Open(saving, words);
  if (!session) {
    return UsageError(console, session.error().public_text, std::string(command.CliName()));
  }
  if (!words.Has("--timeout")) session->SetTimeout(kDefaultTimeout);
  const auto answer = session->Ask(command, request);
  if (!part.stream()) return CannotWrite(console, file);
  if (!answer) return session->Failed(answer.error());
  if (!answer->refusals.empty()) return session->Refused(command, *answer);
  const auto bytes = int64_t(part.stream().tellp());
  if (!part.TakePlace()) return CannotWrite(console, file);
  const Json saved = {{"File", file}, {"Bytes", bytes}};
  return Print(console, command, printing, saved, saved.dump());
}

}  // namespace egd::cli
