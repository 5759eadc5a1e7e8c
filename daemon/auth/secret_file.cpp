#include "daemon/auth/secret_file.h"

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace egd::auth {
namespace {

constexpr size_t kMaxBytes = 4096;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error SystemError(const std::string& what, const std::string& path, int error = errno) {
  return UnusableSecret(what + " " + path + ": " + std::generic_category().message(error));
}

Result<void> CheckPrivate(const std::string& path, int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return SystemError("cannot examine", path);
  if (!S_ISREG(info.st_mode)) return UnusableSecret(path + " is not a regular file");
  if (info.st_uid != geteuid())
    return UnusableSecret(path + " belongs to another user than egd's own");
  if ((info.st_mode & 0077) != 0) {
    return UnusableSecret(path + " is open to other users; restrict it with: chmod 600 " + path);
  }
  return {};
}

Result<std::string> ReadAll(const std::string& path, int fd) {
  std::string content(kMaxBytes + 1, '\0');
  size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = read(fd, content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError("cannot read", path);
    if (got == 0) break;
    filled += size_t(got);
  }
  if (filled > kMaxBytes) return UnusableSecret(path + " is too long to be a secret of egd's");
  content.resize(filled);
  return content;
}

Result<void> WriteAll(const std::string& path, int fd, const std::string& content) {
  for (size_t written = 0; written < content.size();) {
    const ssize_t put = write(fd, content.data() + written, content.size() - written);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return SystemError("cannot write", path);
    written += size_t(put);
  }
  return {};
}

Result<void> SyncDirectory(const std::string& directory) {
  const FileDescriptor dir(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.valid() || fsync(dir.get()) != 0) return SystemError("cannot sync", directory);
  return {};
}

// Leaves `path` as it is when somebody else made it meanwhile.
Result<void> Make(const std::string& path, const std::string& content) {
  std::string scratch = path + ".XXXXXX";
  const FileDescriptor file(mkostemp(scratch.data(), O_CLOEXEC));  // mode 0600
  if (!file.valid()) return SystemError("cannot create", path);
  Result<void> done = WriteAll(path, file.get(), content);
  if (done && fsync(file.get()) != 0) done = SystemError("cannot sync", path);
  if (done && link(scratch.c_str(), path.c_str()) != 0 && errno != EEXIST) {
    done = SystemError("cannot create", path);
  }
  unlink(scratch.c_str());
  if (!done) return done;
  return SyncDirectory(std::filesystem::path(path).parent_path());
}

// Nothing when there is no such file.
Result<std::optional<std::string>> Read(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return std::optional<std::string>();
  if (!file.valid()) return SystemError("cannot open", path);
  const Result<void> is_private = CheckPrivate(path, file.get());
  if (!is_private) return is_private.error();
  Result<std::string> content = ReadAll(path, file.get());
  if (!content) return content.error();
  return std::optional(std::move(*content));
}

}  // namespace

Error UnusableSecret(std::string sentence) {
  return {ErrorKind::kInternal, std::move(sentence), {}};
}

Result<std::string> ReadOrMakeSecretFile(const std::string& path,
                                         const std::function<std::string()>& make) {
  Result<std::optional<std::string>> found = Read(path);
  if (!found) return found.error();
  if (!*found) {
    const Result<void> made = Make(path, make());
    if (!made) return made.error();
    found = Read(path);
    if (!found) return found.error();
  }
  if (!*found) return UnusableSecret(path + " vanished while it was being made");
  return std::move(**found);
}

}  // namespace egd::auth
