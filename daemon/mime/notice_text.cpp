#include "daemon/mime/notice_text.h"

#include <algorithm>
#include <array>

#include "daemon/mime/dsn_reader.h"
#include "daemon/mime/phrases.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsLocalCharacter(char c) {
  return std::isalnum(uint8_t(c)) || uint8_t(c) >= 0x80 ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}

bool IsHostCharacter(char c) {
  return std::isalnum(uint8_t(c)) || uint8_t(c) >= 0x80 || c == '-' || c == '.' || c == '_';
}

constexpr size_t npos = std::string_view::npos;

struct Mention {
  size_t at = 0, end = 0;  // of the address itself
};

// The first address at or behind `from`; at == npos: none.
Mention FindAddress(std::string_view text, size_t from = 0) {
  for (size_t sign = from; (sign = text.find('@', sign)) != std::string_view::npos; ++sign) {
    size_t at = sign, end = sign + 1;
    if (at > from && text[at - 1] == '"') {  // a quoted local part
      const size_t quote = at >= 2 ? text.rfind('"', at - 2) : std::string_view::npos;
      if (quote != std::string_view::npos && quote >= from) at = quote;
    } else {
      while (at > from && IsLocalCharacter(text[at - 1])) --at;
    }
    while (at < sign && (text[at] == '\'' || text[at] == '*')) ++at;
    while (end < text.size() && IsHostCharacter(text[end])) ++end;
    while (end > sign + 1 && !std::isalnum(uint8_t(text[end - 1])) && uint8_t(text[end - 1]) < 0x80)
      --end;
    if (at < sign && end > sign + 1 && end - at <= 254) return {at, end};
  }
  return {std::string_view::npos, 0};
}

template <typename Fits>
bool AnyOf(std::string_view alternatives, Fits fits) {
  for (size_t at = 0; at <= alternatives.size();) {
    const size_t end = std::min(alternatives.find('|', at), alternatives.size());
    if (fits(alternatives.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

bool StartsWithAny(std::string_view text, std::string_view starts) {
  return AnyOf(starts, [text](std::string_view start) { return text.starts_with(start); });
}

bool ContainsAny(std::string_view text, std::string_view phrases) {
  return AnyOf(phrases, [text](auto phrase) { return text.find(phrase) != npos; });
}

// A line that says: here the returned message begins.
bool IsOriginalMarker(std::string_view line) {
  if (line.size() > 120) return false;
  const std::string lower = Lower(Trim(line));
  return ContainsAny(
      lower,
      "original message follows|original message -----|original message header"
      "|below this line is|enclosed is a copy|this is a copy of|unsent message"
      "|message text follows|message header follow|message headers follow"
      "|undelivered message follows|header of the original message|returned message -"
      "|copy of the message header|copy of the original message|-------original m"
      "|message follows -|returned message follows|text of the original message"
      "|body of message is|headers of the original|message is returned below"
      "|original mail as follows|original mail info|below is a copy of"
      "|start of returned message|message is following|returned content|mail follows"
      "|original message attached|following is a copy|original headers:");
}

bool IsHeaderLine(std::string_view line) {
  if (line.substr(0, 24).find(':') == npos) return false;
  const std::string lower = Lower(line.substr(0, 24));
  return StartsWithAny(lower,
                       "received:|return-path:|dkim-signature:|x-received:|arc-seal:|mime-version:"
                       "|domainkey-signature:|x-ymail-osg:|x-originating-ip:|message-id:");
}

// Where the returned message begins: at a marker, or at the first lines of a header behind words.
size_t EndOfNotice(std::string_view text) {
  bool words = false;  // seen some that are no header's
  bool header = true;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (words && (IsOriginalMarker(line) || IsHeaderLine(line))) return at;
    if (Trim(line).empty()) {
      header = false;
    } else if (!header ||
               !(IsHeaderLine(line) || line[0] == ' ' || line[0] == '\t' || line.find(": ") < 40)) {
      header = false;
      words = true;
    }
    at = end + 1;
  }
  return text.size();
}

// Lines that name somebody else: the sender, the server's own people.
bool IsAboutOthers(std::string_view line) {
  const std::string lower = Lower(Trim(line));
  return StartsWithAny(
             lower,
             "to:|from:|cc:|mail from|sender|reply-to|return-path|subject:|date:|received"
             "|for <|by |id |message-id|>>> mail|in:  mail|(envelope|sent:|x-|from |delivered-to"
             "|envelope|arrival|original message|please |if you|for further|contact |in: mail"
             "|reporting-mta|for help|for assistance|hello |dear |hi |hola|hallo|dobr") ||
         ContainsAny(lower,
                     "mailto:|envelope sender|please contact|please send|contact postmaster"
                     "|contact your|original message was received|contact the|/home/|generated by"
                     "|questions");
}

// How surely a line says that its address failed; 0: not at all.
int RankOf(std::string_view line, const Mention& mention) {
  std::string_view before = Trim(line.substr(0, mention.at));
  std::string_view after = line.substr(mention.end);
  while (!before.empty() &&
         std::string_view("<\"'*->•(:").find(before.back()) != std::string_view::npos) {
    before = Trim(before.substr(0, before.size() - 1));
  }
  while (!after.empty() && std::string_view(">\"'").find(after.front()) != std::string_view::npos) {
    after.remove_prefix(1);
  }
  const std::string lower = Lower(before);
  if (lower.empty()) return 3;  // at the start of its line, or alone on it
  if (StartsWithAny(lower, "recipient address|rcpt to|failed recipient|final-recipient|recipient:"))
    return 3;
  if (lower.starts_with(">>> rcpt to")) return 2;
  if (lower.size() == 3 && IsDigit(lower[0]) && after.starts_with("...")) return 2;
  if (Trim(after).empty() || after.starts_with(".") || after.starts_with(" (and")) return 2;
  return 1;
}

}  // namespace

std::string FirstAddress(std::string_view text) {
  const Mention mention = FindAddress(text);
  if (mention.at == std::string_view::npos) return "";
  return std::string(text.substr(mention.at, mention.end - mention.at));
}

namespace {

// Where it begins; npos: nowhere.
size_t ReplyCodeAt(std::string_view text) {
  for (size_t i = 0; i + 3 <= text.size(); ++i) {
    if ((text[i] != '4' && text[i] != '5') || text[i + 1] > '7' || !IsDigit(text[i + 1]) ||
        !IsDigit(text[i + 2]))
      continue;
    const char before = i == 0 ? ' ' : text[i - 1];
    const char after = i + 3 == text.size() ? ' ' : text[i + 3];
    const bool starts = !std::isalnum(uint8_t(before)) && before != '.' && before != '-' &&
                        before != '_' && before != '=' && before != '/';
    const bool ends = after == ' ' || after == '-' || after == '\n' || after == ':' ||
                      after == ',' || after == ';' || after == '\t' || after == ')';
    if (starts && ends) return i;
  }
  return npos;
}

}  // namespace

int FindReplyCode(std::string_view text) {
  const size_t at = ReplyCodeAt(text);
  if (at == npos) return 0;
  return (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
}

std::string_view FromReply(std::string_view text) {
  const size_t at = ReplyCodeAt(text);
  return at == npos ? text : text.substr(at);
}

std::string FindStatus(std::string_view text) {
  for (size_t i = 0; i + 5 <= text.size(); ++i) {
    if (text[i] != '2' && text[i] != '4' && text[i] != '5') continue;
    const char before = i == 0 ? ' ' : text[i - 1];
    if (std::isalnum(uint8_t(before)) || before == '.' || before == '/') continue;
    size_t at = i + 1;
    bool good = true;
    for (int part = 0; part < 2 && good; ++part) {
      size_t digits = 0;
      good = at < text.size() && text[at] == '.';
      for (++at; good && at < text.size() && IsDigit(text[at]); ++at) ++digits;
      good = good && digits >= 1 && digits <= 3;
    }
    if (!good) continue;
    const char after = at < text.size() ? text[at] : ' ';
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (std::isalnum(uint8_t(after)) || (after == '.' && IsDigit(next))) continue;
    return std::string(text.substr(i, at - i));
  }
  return "";
}

BounceStage StageIn(std::string_view text) {
  constexpr std::pair<std::string_view, BounceStage> kSaid[] = {
      {"in reply to rcpt", BounceStage::kRcpt},
      {"in reply to mail", BounceStage::kMail},
      {"in reply to end of data", BounceStage::kData},
      {"in reply to data", BounceStage::kData},
      {"in reply to helo", BounceStage::kConnect},
      {"in reply to ehlo", BounceStage::kConnect},
      {"refused to talk to me", BounceStage::kConnect},
      {"after rcpt", BounceStage::kRcpt},
      {"after mail", BounceStage::kMail},
      {"after end of data", BounceStage::kData},
      {"after data", BounceStage::kData},
      {"after initial connection", BounceStage::kConnect},
      {"after ehlo", BounceStage::kConnect},
      {"after helo", BounceStage::kConnect},
      {"after pipelined data", BounceStage::kData},
      {"after pipelined mail", BounceStage::kMail},
      {"after pipelined rcpt", BounceStage::kRcpt},
      {"for text command", BounceStage::kData},
      {"for rcpt", BounceStage::kRcpt},
      {"for mail from", BounceStage::kMail},
      {"like our rcpt", BounceStage::kRcpt},
      {"like our mail", BounceStage::kMail},
      {"like our final data", BounceStage::kData},
      {"like our data", BounceStage::kData},
      {"[rcpt_to]", BounceStage::kRcpt},
      {"[mail_from]", BounceStage::kMail},
      {"[data]", BounceStage::kData},
      {"following rcpt", BounceStage::kRcpt},
      {"accept your message (data)", BounceStage::kData},
      {"smtp:rcpt", BounceStage::kRcpt},
      {"smtp:mail", BounceStage::kMail},
      {"smtp:data", BounceStage::kData},
      {"does not like recipient", BounceStage::kRcpt},
      {"sender was rejected", BounceStage::kMail},
      {"failed after i sent the message", BounceStage::kData},
      {"failed on data", BounceStage::kData},
      {"smtp command data", BounceStage::kData},
      {"smtp command rcpt", BounceStage::kRcpt},
      {"smtp command mail", BounceStage::kMail},
      {"(state 9)", BounceStage::kMail},
      {"(state 12)", BounceStage::kRcpt},
      {"(state 13)", BounceStage::kRcpt},
      {"(state 14)", BounceStage::kRcpt},
      {"(state 15)", BounceStage::kData},
      {"(state 17)", BounceStage::kData},
      {"(state 18)", BounceStage::kData},
      {"remote smtp server has rejected address", BounceStage::kUnknown},
  };
  const Phrases words(text);
  for (const auto& [phrase, stage] : kSaid) {
    if (words.Have(phrase)) return stage;
  }
  // A transcript: the last command before a refusal.
  BounceStage command = BounceStage::kUnknown;
  if (text.find(">>>") == npos) return command;
  const std::string lower = Lower(text);
  for (const std::string_view line : Split(lower, '\n')) {
    const std::string_view trimmed = Trim(line);
    if (trimmed.starts_with(">>> rcpt")) command = BounceStage::kRcpt;
    if (trimmed.starts_with(">>> mail")) command = BounceStage::kMail;
    if (trimmed.starts_with(">>> data") || trimmed.starts_with(">>> ."))
      command = BounceStage::kData;
    const bool refused = trimmed.starts_with("<<< 5") || trimmed.starts_with("<<< 4");
    if (refused && command != BounceStage::kUnknown) return command;
  }
  return BounceStage::kUnknown;
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t';
    if (space && (line.empty() || line.back() == ' ')) continue;
    line += space ? ' ' : c;
    if (line.size() >= FailedRecipient::kMostResponse) break;
  }
  line = Printable(Trim(line));
  if (line.size() > FailedRecipient::kMostResponse) {
    size_t end = FailedRecipient::kMostResponse;
    while (end > 0 && (uint8_t(line[end]) & 0xc0) == 0x80) --end;
    line.resize(end);
  }
  return line;
}

NoticeText::NoticeText(const Report& report)
    : notice_(std::string_view(report.text).substr(0, EndOfNotice(report.text))),
      lines_(Split(notice_, '\n')) {}

std::vector<std::string> NoticeText::Recipients() const {
  std::vector<std::pair<int, std::string>> found;
  int best = 0;
  for (const std::string_view line : lines_) {
    if (line.find('@') == std::string_view::npos || IsAboutOthers(line)) continue;
    const Mention mention = FindAddress(line);
    if (mention.at == std::string_view::npos) continue;
    const int rank = RankOf(line, mention);
    best = std::max(best, rank);
    found.emplace_back(rank, line.substr(mention.at, mention.end - mention.at));
  }
  std::vector<std::string> recipients;
  for (const auto& one : found) {
    const int rank = one.first;
    const std::string& address = one.second;
    const bool known = std::ranges::any_of(
        recipients, [&](const std::string& other) { return EqualsIgnoreCase(other, address); });
    if (rank < best || known || recipients.size() >= Notice::kMostRecipients) continue;
    recipients.push_back(address);
    if (best == 1) break;  // only mentioned somewhere: one guess
  }
  return recipients;
}

std::string NoticeText::About(std::string_view address) const {
  if (address.empty()) return std::string(notice_);
  const std::string wanted = Lower(address);
  const auto names = [&wanted](std::string_view line) {
    return line.find('@') != npos && Lower(line).find(wanted) != npos;
  };
  std::string about;
  bool own = false;  // inside its paragraph
  size_t indent = 0;
  size_t others = 0;
  for (const std::string_view line : lines_) {
    const size_t margin = std::min(line.find_first_not_of(" \t"), line.size());
    const bool continues = own && margin > indent;
    const Mention mention = continues || line.find('@') == std::string_view::npos
                                ? Mention{std::string_view::npos, 0}
                                : FindAddress(line);
    const bool heads =
        mention.at != std::string_view::npos && !IsAboutOthers(line) && RankOf(line, mention) >= 2;
    // In a transcript each line is a statement of its own.
    const bool statement =
        !continues && margin < line.size() && FindReplyCode(line.substr(0, 4)) != 0;
    if (heads || (own && statement && indent == npos)) {
      own = heads && names(line);
      indent = statement ? npos : margin;
      if (heads && !own) ++others;
    }
    if (own || names(line)) about.append(line) += '\n';
  }
  if (others == 0 || PlainWords(about).size() < 8) return std::string(notice_);
  return about;
}

bool NoticeText::HasReply() const {
  return std::ranges::any_of(lines_, [](std::string_view line) {
    const std::string_view trimmed = Trim(line);
    return trimmed.size() > 8 && (trimmed[0] == '4' || trimmed[0] == '5') &&
           FindReplyCode(trimmed.substr(0, 5)) != 0;
  });
}

}  // namespace egd::mime
