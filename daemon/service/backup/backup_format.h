// What is in a backup (backup.h), and libarchive's objects.
#pragma once

#include <memory>
#include <string>

#include <archive.h>
#include <archive_entry.h>

namespace egd::service {

inline constexpr int kBackupFormat = 1;
inline constexpr const char* kLastEntry = "backup.json";
inline constexpr const char* kKeyFiles[] = {"master.key", "admin.key", "smtp.crt", "smtp.key"};

template <auto Free>
struct FreeArchive {
  void operator()(archive* object) const { Free(object); }
};
template <auto Free>
using ArchivePtr = std::unique_ptr<archive, FreeArchive<Free>>;

struct FreeEntry {
  void operator()(archive_entry* object) const { archive_entry_free(object); }
};
using EntryPtr = std::unique_ptr<archive_entry, FreeEntry>;

inline std::string ErrorOf(archive* object) {
  const char* text = archive_error_string(object);
  return text ? text : "unknown archive error";
}

}  // namespace egd::service
