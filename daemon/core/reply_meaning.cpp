#include "daemon/core/reply_meaning.h"

#include <algorithm>
#include <map>
#include <optional>

#include "daemon/core/reply_rules.h"
#include "daemon/core/reply_words.h"
#include "shared/base/strings.h"

namespace egd::core {
namespace {

// Says what no words and no enhanced code say; by code and stage.
constexpr CodeRule kRefused = {
    "refused", Refused::kUnclear, false, "undefined", false, "refused, with no known reason", ""};
constexpr CodeRule kRefusedNow = {"refused-now", Refused::kServer,  false, "onhold",
                                  true,          "refused for now", ""};
constexpr CodeRule kBadCommand = {"protocol", Refused::kProtocol,
                                  false,      "syntaxerror",
                                  false,      "the server did not understand a command",
                                  ""};
constexpr CodeRule kTooLarge = {"too-large", Refused::kContent,          false, "mesgtoobig",
                                false,       "the message is too large", ""};
constexpr CodeRule kTooMany = {"too-many-recipients",
                               Refused::kServer,
                               false,
                               "exceedlimit",
                               true,
                               "too many recipients for one transaction",
                               ""};
constexpr CodeRule kLogIn = {
    "log-in", Refused::kPolicy, false, "norelaying", false, "the server wants us to log in", ""};
constexpr CodeRule kNoMailHere = {"no-mail-here", Refused::kRecipientDomain,  false, "notaccept",
                                  false,          "the server takes no mail", ""};
constexpr CodeRule kSenderNamed = {"sender-refused",
                                   Refused::kReturnPath,
                                   false,
                                   "rejected",
                                   false,
                                   "the return-path is refused",
                                   ""};
constexpr const CodeRule* kLastResorts[] = {&kRefused, &kRefusedNow, &kBadCommand, &kTooLarge,
                                            &kTooMany, &kLogIn,      &kNoMailHere, &kSenderNamed};

// The phrases by their first word, for one look-up a word of the reply.
class PhraseIndex {
 public:
  struct Entry {
    const PhraseRule* rule;
    ReplyWords::Phrase phrase;
  };

  PhraseIndex() {
    for (const PhraseRule& rule : PhraseRules()) {
      for (const std::string_view text : Split(rule.phrases, '|')) Add({&rule, Split(text, ' ')});
    }
  }
  // Calls `visit` with each phrase that may begin with `word`.
  template <typename Visit>
  void ForEach(std::string_view word, Visit visit) const {
    const auto [begin, end] = by_word_.equal_range(word);
    for (auto at = begin; at != end; ++at) visit(at->second);
    for (const Entry& entry : by_beginning_) visit(entry);
  }

 private:
  void Add(Entry entry) {
    const std::string_view first = entry.phrase[0];
    if (first.ends_with('*')) {
      by_beginning_.push_back(std::move(entry));
    } else {
      by_word_.emplace(first, std::move(entry));
    }
  }

  std::multimap<std::string_view, Entry> by_word_;
  std::vector<Entry> by_beginning_;
};

const PhraseIndex& Index() {
  static const PhraseIndex index;
  return index;
}

// `detail`: an enhanced code without its class.
bool FitsCodes(std::string_view patterns, std::string_view detail) {
  const auto list = Split(patterns, '|');
  return std::any_of(list.begin(), list.end(), [detail](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == detail;
    return detail.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

const CodeRule* RuleOfCode(std::string_view detail) {
  if (detail.empty()) return nullptr;
  const auto rules = CodeRules();
  const auto found = std::find_if(rules.begin(), rules.end(), [&](const CodeRule& rule) {
    return FitsCodes(rule.codes, detail);
  });
  return found == rules.end() ? nullptr : &*found;
}

// The order of the header's list; a hint at us counts less than one at policy.
int Rank(Refused refused, Evidence evidence) {
  if (evidence == Evidence::kHint && refused == Refused::kUs) return int(Refused::kPolicy) * 2 + 1;
  return int(refused) * 2;
}

// The phrases found that support one kind of evidence's best subject.
struct Finding {
  const PhraseRule* rule = nullptr;  // of the longest phrase
  size_t longest = 0;
  std::vector<std::string> words;

  void Take(const PhraseRule& found, std::string matched) {
    const int order =
        rule == nullptr ? 1
                        : Rank(rule->refused, rule->evidence) - Rank(found.refused, found.evidence);
    if (order < 0) return;
    if (order > 0) *this = {};
    const size_t length = size_t(std::count(matched.begin(), matched.end(), ' ')) + 1;
    if (std::find(words.begin(), words.end(), matched) == words.end()) words.push_back(matched);
    if (length <= longest) return;
    longest = length;
    rule = &found;
  }
};

struct Findings {
  Finding clear, hint;
};

Findings Search(const ReplyWords& reply, std::string_view detail) {
  Findings findings;
  for (size_t at = 0; at < reply.words().size(); ++at) {
    Index().ForEach(reply.words()[at], [&](const PhraseIndex::Entry& entry) {
      const PhraseRule& rule = *entry.rule;
      if (!rule.codes.empty() && !FitsCodes(rule.codes, detail)) return;
      auto matched = reply.Match(entry.phrase, at);
      if (!matched) return;
      (rule.evidence == Evidence::kClear ? findings.clear : findings.hint)
          .Take(rule, *std::move(matched));
    });
  }
  return findings;
}

// "(#5.1.1)" or "5.1.1" anywhere in the text.
std::string EnhancedIn(std::string_view text) {
  const auto is_digit = [&](size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  for (size_t i = 0; i + 4 < text.size(); ++i) {
    if ((text[i] != '4' && text[i] != '5') || text[i + 1] != '.') continue;
    if (i > 0 && (is_digit(i - 1) || text[i - 1] == '.' || text[i - 1] == '-')) continue;
    size_t end = i + 2;
    size_t digits[2] = {0, 0};
    for (size_t part = 0; part < 2; ++part) {
      while (is_digit(end) && digits[part] < 3) ++end, ++digits[part];
      if (part == 0 && digits[0] > 0 && end < text.size() && text[end] == '.') ++end;
    }
    const bool goes_on =
        is_digit(end) || (end + 1 < text.size() && text[end] == '.' && is_digit(end + 1));
    if (digits[0] > 0 && digits[1] > 0 && !goes_on) return std::string(text.substr(i, end - i));
  }
  return {};
}

const CodeRule& LastResort(ReplyStage stage, int code) {
  if (code / 100 == 4) return kRefusedNow;
  if (code / 10 == 50) return kBadCommand;
  if (code == 552 && stage == ReplyStage::kRcpt) return kTooMany;  // RFC 5321 section 4.5.3.1.10
  if (code == 552) return kTooLarge;
  if (code == 530 || code == 535 || code == 538) return kLogIn;
  if (code == 521 || code == 556) return kNoMailHere;  // RFC 7504
  return kRefused;
}

template <typename Rule>
ReplyMeaning MeaningOf(const Rule& rule, std::vector<std::string> words) {
  return {rule.refused, rule.cause, rule.passes, rule.name, rule.reason, std::move(words)};
}

ReplyMeaning Weigh(ReplyStage stage, int code, std::string_view detail, Findings found) {
  if (found.clear.rule != nullptr)
    return MeaningOf(*found.clear.rule, std::move(found.clear.words));
  const CodeRule* const by_code = RuleOfCode(detail);
  const bool hinted = found.hint.rule != nullptr;
  const bool contradicted = hinted && by_code != nullptr && by_code->refused == Refused::kMailbox;
  if (by_code != nullptr && by_code->specific && !contradicted) return MeaningOf(*by_code, {});
  if (hinted) return MeaningOf(*found.hint.rule, std::move(found.hint.words));
  if (by_code != nullptr && code / 100 != 4) return MeaningOf(*by_code, {});
  return MeaningOf(LastResort(stage, code), {});
}

}  // namespace

std::string_view Name(Refused refused) {
  switch (refused) {
    case Refused::kUnclear:
      return "unclear";
    case Refused::kReturnPath:
      return "return-path";
    case Refused::kMailboxForNow:
      return "mailbox-temporary";
    case Refused::kSenderDomain:
      return "sender-domain";
    case Refused::kContent:
      return "content";
    case Refused::kUs:
      return "sender-reputation";
    case Refused::kPolicy:
      return "policy";
    case Refused::kServer:
      return "temporary";
    case Refused::kProtocol:
      return "protocol";
    case Refused::kRecipientDomain:
      return "recipient-domain";
    case Refused::kMailbox:
      return "mailbox";
  }
  return "";
}

ReplyMeaning ClassifyReply(ReplyStage stage, int code, std::string_view enhanced,
                           std::string_view text) {
  const std::string status(enhanced.empty() ? EnhancedIn(text) : std::string(enhanced));
  const std::string_view detail = status.size() > 2 ? std::string_view(status).substr(2) : "";
  const bool for_now = code == 0 ? status.starts_with('4') : code / 100 == 4;
  ReplyMeaning meaning =
      Weigh(stage, for_now && code == 0 ? 400 : code, detail, Search(ReplyWords(text), detail));
  if (meaning.refused == Refused::kMailbox && stage == ReplyStage::kMail) {
    return MeaningOf(kSenderNamed, std::move(meaning.words));
  }
  if (meaning.refused == Refused::kMailbox && for_now) {
    return MeaningOf(kRefusedNow, std::move(meaning.words));
  }
  return meaning;
}

std::string_view ReasonOfReplyRule(std::string_view rule) {
  const auto named = [rule](const auto& each) { return each.name == rule; };
  const auto phrases = PhraseRules();
  const auto phrase = std::find_if(phrases.begin(), phrases.end(), named);
  if (phrase != phrases.end()) return phrase->reason;
  const auto codes = CodeRules();
  const auto code = std::find_if(codes.begin(), codes.end(), named);
  if (code != codes.end()) return code->reason;
  const auto last = std::find_if(std::begin(kLastResorts), std::end(kLastResorts),
                                 [&](const CodeRule* each) { return named(*each); });
  return last == std::end(kLastResorts) ? std::string_view() : (*last)->reason;
}

}  // namespace egd::core
