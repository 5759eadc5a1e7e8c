#include "daemon/reports/unpack.h"

#include <algorithm>
#include <array>
#include <memory>

#include <archive.h>
#include <archive_entry.h>

namespace egd::reports {
namespace {

constexpr std::string_view kGzip = "\x1f\x8b";
constexpr std::string_view kZip = "PK\x03\x04";
constexpr size_t kZipMethod = 8;  // where the first file's compression method is, little-endian
constexpr size_t kLeastRoom = 64 << 10;  // whatever the ratio: a small file may shrink well

struct Free {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, Free>;

bool IsGzip(std::string_view file) {
  return file.starts_with(kGzip);
}

bool IsZip(std::string_view file) {
  return file.starts_with(kZip);
}

// libarchive would also allocate what the others ask for.
bool IsStoredOrDeflated(std::string_view zip) {
  return zip.size() > kZipMethod + 1 && (zip[kZipMethod] == 0 || zip[kZipMethod] == 8) &&
         zip[kZipMethod + 1] == 0;
}

// Exactly one layer: libarchive left to itself looks for further ones inside.
bool Expect(archive* reader, bool gzip) {
  if (!gzip) return archive_read_support_format_zip_streamable(reader) == ARCHIVE_OK;
  return archive_read_append_filter(reader, ARCHIVE_FILTER_GZIP) == ARCHIVE_OK &&
         archive_read_support_format_raw(reader) == ARCHIVE_OK;
}

Error Damaged() {
  return InvalidArgument("is packed and cannot be unpacked");
}

}  // namespace

bool IsPacked(std::string_view file) {
  return IsGzip(file) || IsZip(file);
}

Result<std::string> Unpack(std::string_view file) {
  if (!IsPacked(file)) {
    if (file.size() > kMostUnpackedBytes) return InvalidArgument("is too large");
    return std::string(file);
  }
  if (IsZip(file) && !IsStoredOrDeflated(file)) {
    return InvalidArgument("is packed by a method that no report uses");
  }
  const Reader reader(archive_read_new());
  archive_entry* entry = nullptr;
  if (!reader || !Expect(reader.get(), IsGzip(file)) ||
      archive_read_open_memory(reader.get(), file.data(), file.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return Damaged();
  }
  const size_t most = std::min(kMostUnpackedBytes, std::max(kLeastRoom, file.size() * kMostRatio));
  std::string unpacked;
  std::array<char, 16384> piece;
  for (;;) {
    const la_ssize_t got = archive_read_data(reader.get(), piece.data(), piece.size());
    if (got < 0) return Damaged();
    if (got == 0) return unpacked;
    if (size_t(got) > most - unpacked.size()) {
      return InvalidArgument("unpacks to more than a report can have");
    }
    unpacked.append(piece.data(), size_t(got));
  }
}

}  // namespace egd::reports
