// Who runs on a data directory. `<data_dir>/egd.lock` is locked (flock) while an egd uses the
// directory and then holds its process ID; a clean stop empties it. So whoever gets the lock and
// finds a process ID knows that the last owner died, and that the database needs a look.
#pragma once

#include <string>

#include "shared/base/result.h"

namespace egd::store {

// Owned by Store. The kernel ends the lock with the process, however it dies.
class Tenancy {
 public:
  // kConflict, with a sentence for the operator, when another process holds the lock.
  static Result<Tenancy> Take(const std::string& data_dir);

  Tenancy(Tenancy&& other) noexcept;
  Tenancy& operator=(Tenancy&&) = delete;
  ~Tenancy();  // keeps the mark unless EndCleanly was called

  bool after_unclean_stop() const { return after_unclean_stop_; }
  void EndCleanly();  // once the database is closed

 private:
  Tenancy(int file, bool after_unclean_stop)
      : file_(file), after_unclean_stop_(after_unclean_stop) {}

  int file_;
  bool after_unclean_stop_;
};

}  // namespace egd::store
