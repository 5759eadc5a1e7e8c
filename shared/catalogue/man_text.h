// Pieces of manual pages in mdoc(7). Internal to the catalogue. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::catalogue {

// A word of a macro's line: never a macro or a control line itself.
std::string Word(std::string_view word);
// A literal line, where quotes and dashes must survive to be pasted.
std::string Literal(std::string_view line);
// Running text: a line a sentence, as mdoc wants it.
std::string Text(std::string_view text);
// `text` as a sentence: "CNAME, TXT, ..." has its full stop already.
std::string Sentence(std::string text);

// An entry of a List, which is as wide as `width`.
std::string Item(const std::string& term, std::string_view text);
std::string List(std::string_view width, const std::string& items);

// Everything up to the name and what it is.
std::string Header(const std::string& name, std::string_view summary, int section = 1);

// For man_page.cpp: the first section of egctl(1), and egd-api(7).
std::string Tour();
std::string ApiPage();

}  // namespace egd::catalogue
