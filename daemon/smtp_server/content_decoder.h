// The content of a message as it comes in: DATA with its dots and its end (RFC 5321
// sections 4.1.1.4 and 4.5.2), or the octets of BDAT (RFC 3030). Out comes text whose every line
// ends with CR LF.
//
// The end of DATA is CR LF . CR LF and nothing else. Other servers see an end in LF . LF, LF . CR
// LF or CR . CR; who takes what they let through for two messages has been smuggled one
// (CVE-2023-51764 and its like). So a bare CR or LF is noted, and becomes CR LF: the caller refuses
// the message of a client it does not know, and takes that of one it does. A line begun by a bare
// CR or LF is text, so a dot there is one: it neither ends the content nor is it taken off.
//
// A value, one for each message; pieces may be cut anywhere.
#pragma once

#include <string>
#include <string_view>

namespace egd::smtp_server {

class DataDecoder {
 public:
  // Takes bytes from the front of `input` up to the end of the content and appends what they say to
  // `output`. True: the content has ended, what follows in `input` are commands.
  bool Feed(std::string_view& input, std::string& output);
  bool saw_bare_newline() const { return bare_newline_; }

 private:
  enum class State { kLineStart, kText, kCr, kDot, kDotCr };

  State state_ = State::kLineStart;
  bool bare_newline_ = false;
};

class ChunkDecoder {
 public:
  void Feed(std::string_view input, std::string& output);
  void Finish(std::string& output);  // after the last chunk
  bool saw_bare_newline() const { return bare_newline_; }

 private:
  bool after_cr_ = false;
  bool bare_newline_ = false;
};

}  // namespace egd::smtp_server
