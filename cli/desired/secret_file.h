// Where a new secret goes: a file that only its owner can read, opened before the secret is made, so
// that none is made that cannot be kept.
#pragma once

#include <memory>
#include <string>

#include "cli/desired/state.h"
#include "cli/partial_file.h"
#include "shared/base/result.h"

namespace egd::cli {

class SecretFile {
 public:
  // DIRECTORY/USER/DOMAIN/api-key-DESCRIPTION and the like; a file that is there stays, and the name
  // gets a number. kInvalidArgument: it cannot be written, and why.
  static Result<SecretFile> Create(const std::string& directory, const Item& item);

  const std::string& name() const { return name_; }
  // Whole and on the disk, or an error.
  Result<void> Write(const std::string& text);

 private:
  SecretFile(std::string name, std::unique_ptr<PartialFile> part)
      : name_(std::move(name)), part_(std::move(part)) {}

  std::string name_;
  std::unique_ptr<PartialFile> part_;
};

}  // namespace egd::cli
