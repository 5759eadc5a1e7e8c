// What egctl reads besides its arguments: files, standard input, secrets typed on the terminal. An
// interface, so that tests own it.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "shared/base/result.h"

namespace egd::cli {

class Input {
 public:
  virtual ~Input() = default;
  // The whole file; "-" is standard input, once. kInvalidArgument says why not, or that it is over
  // 64 MiB.
  virtual Result<std::string> Read(const std::string& path) = 0;
  // The same piece by piece, for what may be of any size.
  virtual Result<std::unique_ptr<std::istream>> Open(const std::string& path) = 0;
  // What a person types after `prompt`, not echoed when `secret`; nothing when nobody sits at a
  // terminal.
  virtual std::optional<std::string> Ask(const std::string& prompt, bool secret) = 0;
};

class ProcessInput : public Input {
 public:
  Result<std::string> Read(const std::string& path) override;
  Result<std::unique_ptr<std::istream>> Open(const std::string& path) override;
  std::optional<std::string> Ask(const std::string& prompt, bool secret) override;

 private:
  Result<void> TakeStandardInput();

  bool standard_input_read_ = false;
};

}  // namespace egd::cli
