// The content of one message while it comes in: in memory while it is small, else in a file of the
// data directory that has no name, so a crash leaves nothing behind. All spools share a
// SpoolBudget: over its bound the message is refused for now (452), never the process's memory or
// the disk exhausted.
//
// Append is for the io thread and does not touch the disk; whatever does says so. Used by one
// thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "daemon/core/mail_sink.h"

namespace egd::smtp_server {

struct SpoolBudget {
  std::string directory;
  uint64_t max_bytes = 0;              // of all messages that are coming in, wherever they are
  uint64_t max_memory = 128ull << 20;  // of those parts that are in memory: 2,000 small mails
  std::atomic<uint64_t> bytes{0}, memory{0};
};

class Spool {
 public:
  static constexpr size_t kMemory = 64 * 1024;  // nearly every mail without attachments

  explicit Spool(SpoolBudget& budget) : budget_(budget) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // False: the budget does not allow it.
  bool Append(std::string_view piece);
  uint64_t size() const { return memory_.size() + on_disk_; }
  // Whether MoveToDisk should run before the next Append.
  bool IsLarge() const;
  // Blocks on the disk. False: it cannot take it.
  bool MoveToDisk();
  // Calls `take` with all of the content, piece by piece, until it returns false. Blocks on the
  // disk. False: the content cannot be read, or `take` said so.
  bool Read(const std::function<bool(std::string_view)>& take);

 private:
  bool Open();

  SpoolBudget& budget_;
  std::string memory_;
  uint64_t on_disk_ = 0;
  int file_ = -1;
};

// Writes all of the content and commits. When it cannot be read again the client is to try later,
// and nothing is committed. Blocks on the disk and the store.
core::MailReply CommitSpool(Spool& spool, core::MailTransaction& transaction);

}  // namespace egd::smtp_server
