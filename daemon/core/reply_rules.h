// The tables behind ClassifyReply (reply_meaning.h): what servers write, and what it refuses.
#pragma once

#include <span>
#include <string_view>

#include "daemon/core/reply_meaning.h"

namespace egd::core {

enum class Evidence { kClear, kHint };

struct PhraseRule {
  std::string_view name;
  Refused refused;
  Evidence evidence;
  std::string_view cause;
  bool passes;
  std::string_view reason;
  std::string_view phrases;     // as ReplyWords::Find takes them, "|" between several
  std::string_view codes = {};  // counts only beside one of these, written as in CodeRule
};

struct CodeRule {
  std::string_view name;
  Refused refused;
  bool specific;  // a general one decides only when no words do
  std::string_view cause;
  bool passes;
  std::string_view reason;
  std::string_view codes;  // without the class: "1.1", "7.*"; "|" between several
};

std::span<const PhraseRule> PhraseRules();
std::span<const CodeRule> CodeRules();

}  // namespace egd::core
