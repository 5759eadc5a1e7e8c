// What an SMTP server says, and the parser that believes none of it: lines and replies are bounded,
// codes must agree, control characters become printable. Pure, no I/O. RFC 5321 sections 4.2
// and 4.5.3.1.5, RFC 2034 and RFC 3463 (enhanced status codes).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::smtp {

// One reply. Code 0 means that no server said it: the connection broke, or we decided without
// asking; `enhanced` then says which kind of trouble it is and the text why.
struct SmtpReply {
  int code = 0;          // 200–599
  std::string enhanced;  // "5.1.1" when the first line begins with one of the code's class
  std::vector<std::string> lines;  // printable text after the code, at least one

  bool IsPositive() const { return code / 100 == 2; }
};

SmtpReply NoReply(std::string enhanced, std::string why);

// The reply on one line, as events and logs show it: "550 5.1.1 No such user. Sorry". At most 1,000
// bytes.
std::string OneLine(const SmtpReply& reply);

// A reply as people write it down: "550-5.7.1 …", over several lines or in one, of which only the
// first needs the code. Nothing when it has none.
std::optional<SmtpReply> ParseReply(std::string_view text);

// Turns bytes, however they are cut, into replies. RFC 5321 allows 512 bytes a line; servers exceed
// it.
class ReplyParser {
 public:
  static constexpr size_t kMaxLineBytes = 2048;
  static constexpr size_t kMaxLines = 100;

  enum class State { kIncomplete, kComplete, kBroken };

  // Takes bytes from the front of `input` up to the end of one reply; what follows stays there.
  // After kComplete call Take; after kBroken the stream means nothing any more and `problem` says
  // why.
  State Feed(std::string_view& input);
  SmtpReply Take();
  std::string_view problem() const { return problem_; }

 private:
  State EndLine();
  State Broken(std::string_view problem);

  std::string line_;
  SmtpReply reply_;
  std::string_view problem_;
};

}  // namespace egd::smtp
