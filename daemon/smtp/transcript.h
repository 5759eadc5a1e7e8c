// What was said on a connection, for explanations: "> " ours, "< " the server's, "= " a remark.
// Never message content. Bounded: of each recipient's view at most kMaxBytes. A value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::smtp {

class Transcript {
 public:
  static constexpr size_t kMaxBytes = 4096;

  // Lines from here on are about one recipient, or (nothing) about all.
  void About(std::optional<size_t> recipient) { recipient_ = recipient; }
  void Ours(std::string_view commands);  // as sent, one or several lines
  void Theirs(std::string_view reply);   // on one line
  void Remark(std::string_view text);
  // A new transaction begins: what the last one said is forgotten, the opening stays.
  void BeginTransaction();

  // What one recipient of the transaction saw, a line each; nothing: what all saw.
  std::string Of(std::optional<size_t> recipient) const;

 private:
  struct Line {
    std::optional<size_t> recipient;
    std::string text;
  };
  void Add(char mark, std::string_view text);

  std::vector<Line> lines_;
  std::optional<size_t> recipient_;
  std::optional<size_t> opening_;  // lines before the first transaction
};

}  // namespace egd::smtp
