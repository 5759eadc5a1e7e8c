#include "daemon/store/text_search.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <type_traits>

#include <locale.h>
#include <wchar.h>
#include <wctype.h>

#include "daemon/store/driver.h"
#include "shared/base/strings.h"
#include "shared/base/uuid.h"

namespace egd::store {
namespace {

// glibc knows the case of every Unicode letter, but converts UTF-8 only under a locale that has it.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Utf8Locale() {
    if (locale_) freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  locale_t get() const { return locale_; }

 private:
  locale_t locale_;
};

// By way of the capital, which letters of two small forms share: both sigmas have Σ. The dotless i is
// a letter of its own outside Turkish (Unicode's CaseFolding.txt).
wchar_t FoldLetter(wchar_t letter) {
  constexpr wchar_t kDotlessI = 0x131;
  if (letter == kDotlessI) return letter;
  return static_cast<wchar_t>(towlower(towupper(static_cast<wint_t>(letter))));
}

// Nothing when `text` is not UTF-8.
std::optional<std::string> FoldUtf8(const std::string& text) {
  std::wstring wide(text.size(), L'\0');
  mbstate_t state{};
  const char* from = text.data();
  const size_t letters = mbsnrtowcs(wide.data(), &from, text.size(), wide.size(), &state);
  if (letters == static_cast<size_t>(-1)) return std::nullopt;
  for (wchar_t& letter : wide) letter = FoldLetter(letter);
  std::string folded(letters * 4, '\0');
  const wchar_t* wide_from = wide.data();
  state = {};
  const size_t bytes = wcsnrtombs(folded.data(), &wide_from, letters, folded.size(), &state);
  if (bytes == static_cast<size_t>(-1)) return std::nullopt;
  folded.resize(bytes);
  return folded;
}

std::string_view Bytes(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return {bytes ? bytes : "", static_cast<size_t>(sqlite3_value_bytes(value))};
}

bool Contains(std::string_view needle, sqlite3_value* value) {
  const std::string_view bytes = Bytes(value);
  if (sqlite3_value_type(value) == SQLITE_BLOB) {
    const std::optional<Uuid> id = Uuid::FromBytes(bytes);
    return id && id->ToString().find(needle) != std::string::npos;
  }
  return !bytes.empty() && Fold(bytes).find(needle) != std::string::npos;
}

void ContainsFunction(sqlite3_context* context, int count, sqlite3_value** values) {
  const std::string_view needle = Bytes(values[0]);
  const bool found = std::any_of(values + 1, values + count,
                                 [&](sqlite3_value* value) { return Contains(needle, value); });
  sqlite3_result_int(context, found);
}

}  // namespace

std::string Fold(std::string_view text) {
  std::string lower = Lower(text);
  const auto ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::all_of(lower.begin(), lower.end(), ascii)) return lower;
  static const Utf8Locale kUtf8;
  if (!kUtf8.get()) return lower;
  const locale_t before = uselocale(kUtf8.get());
  std::optional<std::string> folded = FoldUtf8(lower);
  uselocale(before);
  return folded ? *std::move(folded) : lower;
}

void AddTextSearch(Connection& connection) {
  constexpr int kAnyCount = -1;
  connection.impl().database.createFunction("egd_contains", kAnyCount, true, nullptr,
                                            ContainsFunction, nullptr, nullptr, nullptr);
}

}  // namespace egd::store
