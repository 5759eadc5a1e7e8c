// What a noun store works on: one SQLite connection, lent to one job at a time. No SQLite header is
// needed to hold one; only the sources of this room look inside (query.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/store/commit_notes.h"

namespace egd::store {

class SegmentWriter;

// A keyed hash of an address in lower case, by which one that was erased is recognised.
using AddressHash = std::function<std::string(std::string_view address)>;

// A connection with its prepared statements. Store::Read lends a read-only one, in which all
// statements of a job see the same snapshot; writing on it throws. One thread at a time; never keep
// a reference after the job.
class Connection {
 public:
  struct Impl;

  Connection(const std::string& path, bool read_only);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  SegmentWriter& segments();  // larger contents; of the writer's connection only
  const std::string& segments_directory() const;

  Impl& impl() { return *impl_; }  // the driver's (driver.h)

  void SetAddressHash(AddressHash hash) { address_hash_ = std::move(hash); }
  const AddressHash& address_hash() const { return address_hash_; }  // empty: none is erased

 private:
  std::unique_ptr<Impl> impl_;
  AddressHash address_hash_;
};

// The writer's connection inside an open transaction: what Store::Write lends. What a job wrote is
// seen by later jobs at once and by readers, and survives a crash, only after the commit.
class Transaction : public Connection {
 public:
  using Connection::Connection;

  CommitNotes& notes() { return notes_; }

 private:
  CommitNotes notes_;
};

}  // namespace egd::store
