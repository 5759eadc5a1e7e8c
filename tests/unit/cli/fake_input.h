// Files and a terminal in memory.
#pragma once

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "cli/input.h"

namespace egd::cli {

class FakeInput : public Input {
 public:
  Result<std::string> Read(const std::string& path) override {
    const auto file = files.find(path);
    if (file == files.end()) return InvalidArgument("cannot read " + path);
    return file->second;
  }
  Result<std::unique_ptr<std::istream>> Open(const std::string& path) override {
    auto text = Read(path);
    if (!text) return text.error();
    std::unique_ptr<std::istream> stream = std::make_unique<std::istringstream>(*std::move(text));
    return stream;
  }
  std::optional<std::string> Ask(const std::string& prompt, bool secret) override {
    asked += prompt + (secret ? "(secret) " : " ");
    const auto answer = answers.find(prompt);
    return answer == answers.end() ? std::nullopt : std::optional(answer->second);
  }

  std::map<std::string, std::string> files, answers;
  std::string asked;
};

}  // namespace egd::cli
