#include "daemon/mime/header.h"

#include <algorithm>
#include <cstdint>

#include "shared/base/encoding.h"
#include "shared/base/escape.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr size_t kLine = 78;          // RFC 5322 section 2.1.1: what a line should keep to
constexpr size_t kLongestWord = 900;  // and a field's name are still within the 998 of a line
constexpr size_t kLongestQuoted = 70;
constexpr size_t kEncodedWord = 75;  // RFC 2047 section 2
constexpr std::string_view kQOpen = "=?utf-8?q?", kBOpen = "=?utf-8?b?", kEncodedEnd = "?=";
constexpr size_t kEncodedOverhead = kQOpen.size() + kEncodedEnd.size();

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}
bool IsOneOf(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}
bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 5322 section 3.2.3, and the spaces between atoms.
bool IsAtoms(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlphanumeric(c) || IsOneOf(c, " !#$%&'*+-/=?^_`{|}~");
  });
}

// Stands for itself in a Q-encoded word wherever it is, a phrase included (RFC 2047 section 5 rule
// 3).
bool IsPlainInQ(char c) {
  return IsAlphanumeric(c) || IsOneOf(c, "!*+-/ ");
}
size_t QWidth(std::string_view text) {
  return text.size() +
         2 * size_t(std::count_if(text.begin(), text.end(), [](char c) { return !IsPlainInQ(c); }));
}
size_t BWidth(size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

void AppendHex(std::string& out, char escape, char c) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  const char piece[] = {escape, kDigits[uint8_t(c) >> 4], kDigits[uint8_t(c) & 15]};
  out.append(piece, sizeof piece);
}

std::string Q(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (c == ' ') {
      encoded += '_';
    } else if (IsPlainInQ(c)) {
      encoded += c;
    } else {
      AppendHex(encoded, '=', c);
    }
  }
  return encoded;
}

// Octets of the character at the start of well-formed UTF-8.
size_t CharacterLength(std::string_view text) {
  const auto lead = uint8_t(text[0]);
  return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

// How much of `text`, in whole characters and at least one, an encoded-word with `room` octets of
// text can take. For B a multiple of three octets where there is one: some readers join adjacent
// words before they decode, and stop at padding in the middle.
size_t FittingPrefix(std::string_view text, bool use_q, size_t room) {
  size_t taken = CharacterLength(text), unpadded = 0;
  size_t width = use_q ? QWidth(text.substr(0, taken)) : BWidth(taken);
  for (;;) {
    if (taken == text.size()) return taken;
    if (!use_q && taken % 3 == 0) unpadded = taken;
    const size_t next = CharacterLength(text.substr(taken));
    width = use_q ? width + QWidth(text.substr(taken, next)) : BWidth(taken + next);
    if (width > room) return unpadded > 0 ? unpadded : taken;
    taken += next;
  }
}

bool IsForeignOrLong(std::string_view word) {
  return word.size() > kLongestWord || !IsPrintableAscii(word);
}
bool IsForeignLongOrMisread(std::string_view word) {
  return IsForeignOrLong(word) || word.find("=?") != std::string_view::npos;
}

// A word and the spaces before it, as positions in a text.
struct Piece {
  size_t begin, word, end;

  // The first word of a text has none, and gets the one that follows the colon.
  std::string_view Space(std::string_view text) const {
    return word > begin ? text.substr(begin, word - begin) : " ";
  }
  std::string_view Word(std::string_view text) const { return text.substr(word, end - word); }
};

std::vector<Piece> SplitWords(std::string_view text) {
  std::vector<Piece> pieces;
  for (size_t at = 0; at < text.size(); at = pieces.back().end) {
    const size_t word = std::min(text.find_first_not_of(' ', at), text.size());
    pieces.push_back({at, word, std::min(text.find(' ', word), text.size())});
  }
  return pieces;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

}  // namespace

Field::Field(std::string& out, std::string_view name) : out_(out), line_start_(out.size()) {
  out_.append(name).append(":");
}

void Field::Fold(std::string_view space, size_t width) {
  if (!at_first_word_ && out_.size() - line_start_ + space.size() + width > kLine) {
    out_ += "\r\n";
    line_start_ = out_.size();
  }
  at_first_word_ = false;
  out_ += space;
}

Field& Field::Word(std::string_view word) {
  Fold(" ", word.size());
  return Append(word);
}

Field& Field::Append(std::string_view text) {
  out_ += text;
  return *this;
}

Field& Field::EncodedWords(std::string_view text) {
  const bool use_q = QWidth(text) <= BWidth(text.size());
  while (!text.empty()) {
    const size_t used = out_.size() - line_start_ + 1 + kEncodedOverhead;
    constexpr size_t kWorthwhile = 12;  // less room than this: rather a new line
    const size_t left = used + kWorthwhile < kLine ? kLine - used : kEncodedWord;
    const size_t room = std::min(left, kEncodedWord - kEncodedOverhead);
    const auto chunk = text.substr(0, FittingPrefix(text, use_q, room));
    const std::string encoded = use_q ? Q(chunk) : Base64(chunk);
    Fold(" ", kEncodedOverhead + encoded.size());
    Append(use_q ? kQOpen : kBOpen).Append(encoded).Append(kEncodedEnd);
    text.remove_prefix(chunk.size());
  }
  return *this;
}

// What needs encoding becomes one run of encoded-words, from the first such word to the last:
// between encoded-words white space counts for nothing, so the run must hold its own.
Field& Field::Words(std::string_view text, bool (*needs_encoding)(std::string_view)) {
  const std::vector<Piece> pieces = SplitWords(text);
  const auto foreign = [&](const Piece& piece) { return needs_encoding(piece.Word(text)); };
  const auto first = std::find_if(pieces.begin(), pieces.end(), foreign);
  const auto end_of_run =
      std::find_if(pieces.rbegin(), std::make_reverse_iterator(first), foreign).base();
  const auto plain = [&](const Piece& piece) {
    Fold(piece.Space(text), piece.Word(text).size());
    Append(piece.Word(text));
  };
  std::for_each(pieces.begin(), first, plain);
  if (first == pieces.end()) return *this;
  const size_t run = std::min(first->begin + 1, first->word);  // a space separates, more is text
  EncodedWords(text.substr(run, std::prev(end_of_run)->end - run));
  std::for_each(end_of_run, pieces.end(), plain);
  return *this;
}

Field& Field::Text(std::string_view text) {
  return Words(Trim(EscapeControls(text)), IsForeignLongOrMisread);
}

Field& Field::Verbatim(std::string_view text) {
  return Words(Trim(EscapeControls(text)), IsForeignOrLong);
}

Field& Field::Phrase(std::string_view name) {
  if (IsForeignLongOrMisread(name)) return EncodedWords(name);
  if (IsAtoms(name) && name.find("  ") == std::string_view::npos)
    return Words(name, IsForeignOrLong);
  if (name.size() <= kLongestQuoted) return Word(Quoted(name));
  return EncodedWords(name);
}

Field& Field::Mailboxes(const std::vector<core::Mailbox>& mailboxes) {
  for (const auto& mailbox : mailboxes) {
    const std::string name = EscapeControls(mailbox.name);
    std::string address = EscapeControls(mailbox.email);
    const auto phrase = Trim(name);
    if (!phrase.empty()) {
      Phrase(phrase);
      address = "<" + address + ">";
    }
    if (&mailbox != &mailboxes.back()) address += ',';
    Word(address);
  }
  return *this;
}

Field& Field::Parameter(std::string_view name, std::string_view value) {
  const std::string text = EscapeControls(value);
  if (text.size() > kLongestQuoted || IsForeignLongOrMisread(text)) {
    return ExtendedParameter(name, text);
  }
  return Append(";").Word(std::string(name) + "=" + Quoted(text));
}

// RFC 2047 forbids it, and every mail program of the last 25 years reads it.
Field& Field::OldParameter(std::string_view name, std::string_view value) {
  const std::string text = Printable(value);
  if (text.size() <= kLongestQuoted && !IsForeignLongOrMisread(text)) return Parameter(name, text);
  // Made as the words of a field whose name and colon take as much room as name=" here.
  std::string words;
  Field(words, name).EncodedWords(text);
  Append(";").Append("\r\n");
  line_start_ = out_.size();
  return Append(" ").Append(name).Append("=\"").Append(words.substr(name.size() + 2)).Append("\"");
}

// RFC 2231 sections 3 and 4: percent-encoded UTF-8, in numbered pieces when one line cannot hold
// it.
Field& Field::ExtendedParameter(std::string_view name, std::string_view value) {
  // name*NNN*= goes before it on its line, and the rest of a character may follow: 11 octets.
  constexpr size_t kPiece = 44;
  std::vector<std::string> pieces = {"utf-8''"};
  for (size_t at = 0; at < value.size(); ++at) {
    const char c = value[at];
    // Between characters only: some readers decode each piece for itself.
    const bool starts_character = (uint8_t(c) & 0xc0) != 0x80;
    if (starts_character && pieces.back().size() >= kPiece) pieces.emplace_back();
    if (IsAlphanumeric(c) || IsOneOf(c, "!#$&+-.^_`|~")) {
      pieces.back() += c;
    } else {
      AppendHex(pieces.back(), '%', c);
    }
  }
  if (pieces.size() == 1) return Append(";").Word(std::string(name) + "*=" + pieces[0]);
  for (size_t i = 0; i < pieces.size(); ++i) {
    Append(";").Word(std::string(name) + "*" + std::to_string(i) + "*=" + pieces[i]);
  }
  return *this;
}

void Field::End() {
  out_ += "\r\n";
}

bool IsFieldName(std::string_view name) {
  return !name.empty() && name.size() <= 76 && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c <= '~' && c != ':';
  });
}

}  // namespace egd::mime
