#include "daemon/store/tenancy.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace egd::store {
namespace {

std::string ReadOwner(int file) {
  char text[32];
  const ssize_t length = pread(file, text, sizeof text, 0);
  return std::string(text, length > 0 ? static_cast<size_t>(length) : 0);
}

// On the disk before it returns: a power cut must find the mark.
bool WriteOwner(int file, const std::string& owner) {
  return ftruncate(file, 0) == 0 &&
         pwrite(file, owner.data(), owner.size(), 0) == static_cast<ssize_t>(owner.size()) &&
         fsync(file) == 0;
}

}  // namespace

Result<Tenancy> Tenancy::Take(const std::string& data_dir) {
  const std::string path = data_dir + "/egd.lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Unavailable("Cannot open " + path + ": " + std::strerror(errno) + ".");
  Tenancy tenancy(file, false);
  const bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
  const std::string owner = ReadOwner(file);
  if (!locked) {
    return Conflict("Another egd (process " + owner + ") is running on " + data_dir +
                    ". Stop it first, or give this one a data_dir of its own.");
  }
  tenancy.after_unclean_stop_ = !owner.empty();
  if (!WriteOwner(file, std::to_string(getpid()))) {
    return Unavailable("Cannot write " + path + ": " + std::strerror(errno) + ".");
  }
  return tenancy;
}

Tenancy::Tenancy(Tenancy&& other) noexcept
    : file_(std::exchange(other.file_, -1)), after_unclean_stop_(other.after_unclean_stop_) {}

Tenancy::~Tenancy() {
  if (file_ >= 0) close(file_);
}

void Tenancy::EndCleanly() {
  WriteOwner(file_, "");
}

}  // namespace egd::store
