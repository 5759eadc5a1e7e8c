// Segments: the contents too large for a database row, one after the other in append-only files
// `<data_dir>/segments/NNNNNNNN`. A row costs its bytes twice, in the log and in the table; here
// they are written once. The database says where each content lies.
//
// Durability: a segment, and the directory of a new one, is synced before the commit that names a
// place in it. Bytes whose commit did not come are never named: waste, until the file goes. A file
// is not appended to again after a failed write or sync (what the system kept of it is unknown),
// nor by another process: each start begins a new one. A file goes when no row names it any more.
// No number that a row names is given again, even if its file was lost: nobody's content may take
// the place of another's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egd::store {

struct SegmentPlace {
  int64_t segment = 0;  // the file's number
  int64_t offset = 0;   // bytes
  int64_t length = 0;
};

// Belongs to the writer's connection: one thread. Methods throw std::system_error.
class SegmentWriter {
 public:
  explicit SegmentWriter(std::string directory) : directory_(std::move(directory)) {}
  SegmentWriter(const SegmentWriter&) = delete;
  SegmentWriter& operator=(const SegmentWriter&) = delete;
  ~SegmentWriter();

  // Files from now on have greater numbers than this one.
  void StartAfter(int64_t number) { number_ = number; }
  SegmentPlace Append(std::string_view content);
  // When it returns, everything appended is on the disk. Ends a full file: only here, so that what
  // one transaction appended since the last time is synced, or fails, as a whole.
  void Sync();
  // The files that are complete: nothing is appended to them any more. Ascending.
  std::vector<int64_t> ListComplete() const;

 private:
  void Open();
  int Close();  // syncs what is in the file; returns the errno of its failure, or 0

  const std::string directory_;
  int64_t number_ = 0;  // of the last file
  int file_ = -1;
  int64_t size_ = 0;
  bool unsynced_ = false;
  bool damaged_ = false;  // a write failed: nothing more goes into this file
  int lost_ = 0;          // the errno with which something appended since the last Sync was lost
};

// Where the segments of the database at `path` are.
std::string SegmentsBeside(const std::string& path);
std::string SegmentName(int64_t number);  // of its file: "00000007"
// From any thread. Throws std::system_error, also when the file is shorter than that.
std::string ReadSegment(const std::string& directory, const SegmentPlace& place);
// With zeros, on the disk when it returns. Throws std::system_error; a file that is gone is fine.
void OverwriteSegment(const std::string& directory, const SegmentPlace& place);
void DeleteSegment(const std::string& directory, int64_t number);

}  // namespace egd::store
