#include "daemon/smtp_server/spool.h"

#include <cerrno>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "shared/base/log.h"

namespace egd::smtp_server {

Spool::~Spool() {
  budget_.bytes -= size();
  budget_.memory -= memory_.size();
  if (file_ >= 0) ::close(file_);
}

bool Spool::Append(std::string_view piece) {
  if (budget_.bytes + piece.size() > budget_.max_bytes) return false;
  budget_.bytes += piece.size();
  budget_.memory += piece.size();
  memory_ += piece;
  return true;
}

bool Spool::IsLarge() const {
  constexpr size_t kWorthAWrite = 4096;
  const bool crowded = budget_.memory > budget_.max_memory && memory_.size() >= kWorthAWrite;
  return memory_.size() >= kMemory || crowded;
}

// A file system without O_TMPFILE gets a file that is removed at once.
bool Spool::Open() {
  if (file_ >= 0) return true;
  file_ = ::open(budget_.directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return true;
  std::string name = budget_.directory + "/incoming-XXXXXX";
  file_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (file_ >= 0) ::unlink(name.c_str());
  return file_ >= 0;
}

bool Spool::MoveToDisk() {
  if (!Open()) return false;
  std::string_view rest = memory_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest.remove_prefix(size_t(written));
  }
  on_disk_ += memory_.size();
  budget_.memory -= memory_.size();
  std::string().swap(memory_);
  return true;
}

bool Spool::Read(const std::function<bool(std::string_view)>& take) {
  std::string piece(on_disk_ > 0 ? kMemory : 0, '\0');
  for (uint64_t at = 0; at < on_disk_;) {
    const ssize_t got = ::pread(file_, piece.data(), piece.size(), off_t(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || !take(std::string_view(piece.data(), size_t(got)))) return false;
    at += uint64_t(got);
  }
  return memory_.empty() || take(memory_);
}

core::MailReply CommitSpool(Spool& spool, core::MailTransaction& transaction) {
  bool refused = false;
  const bool whole = spool.Read([&](std::string_view piece) {
    refused = !transaction.Write(piece);
    return !refused;
  });
  if (whole || refused) return transaction.Commit();
  log::Error("a message's content cannot be read again");
  return {451, "4.3.0", "The message could not be read back from the disk; try again later", {}};
}

}  // namespace egd::smtp_server
