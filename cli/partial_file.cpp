#include "cli/partial_file.h"

#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace egd::cli {
namespace {

bool Sync(const std::string& path) {
  const int opened = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = opened >= 0 && fsync(opened) == 0;
  if (opened >= 0) close(opened);
  return synced;
}

}  // namespace

PartialFile::PartialFile(const std::string& file) : file_(file), part_(file + ".part") {
  unlink(part_.c_str());
  const int created = open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (created >= 0) close(created);
  if (created >= 0) stream_.open(part_, std::ios::binary);
  if (created < 0) stream_.setstate(std::ios::failbit);
}

PartialFile::~PartialFile() {
  unlink(part_.c_str());
}

bool PartialFile::TakePlace() {
  stream_.close();
  return stream_ && Sync(part_) && rename(part_.c_str(), file_.c_str()) == 0 &&
         Sync(std::filesystem::absolute(file_).parent_path());
}

}  // namespace egd::cli
