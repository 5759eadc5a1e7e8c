// Packs a text as senders of reports do.
#pragma once

#include <string>

#include <archive.h>
#include <archive_entry.h>

namespace egd::reports {

enum class Packing { kGzip, kZip, kStored };

inline std::string Packed(const std::string& text, Packing packing) {
  std::string packed(text.size() + 4096, '\0');
  size_t used = 0;
  archive* writer = archive_write_new();
  if (packing == Packing::kGzip) {
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_raw(writer);
  } else {
    archive_write_set_format_zip(writer);
    if (packing == Packing::kStored) archive_write_zip_set_compression_store(writer);
  }
  archive_write_open_memory(writer, packed.data(), packed.size(), &used);
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "report.xml");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, la_int64_t(text.size()));
  archive_write_header(writer, entry);
  archive_write_data(writer, text.data(), text.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

}  // namespace egd::reports
