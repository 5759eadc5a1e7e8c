// A file that is there whole, or not at all.
#pragma once

#include <fstream>
#include <string>

namespace egd::cli {

// Written beside the file, for its owner alone, so that it can take its place; goes unless it did.
class PartialFile {
 public:
  explicit PartialFile(const std::string& file);
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  std::ofstream& stream() { return stream_; }  // fails where it cannot be written; errno says why
  // False, with errno, when it is not on the disk.
  bool TakePlace();

 private:
  const std::string file_, part_;
  std::ofstream stream_;
};

}  // namespace egd::cli
