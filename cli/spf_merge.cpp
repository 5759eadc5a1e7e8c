#include "cli/spf_merge.h"

#include <algorithm>
#include <optional>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

std::vector<std::string> TermsOf(std::string_view record) {
  std::vector<std::string> terms;
  for (const std::string_view term : Split(record, ' ')) {
    if (!term.empty()) terms.emplace_back(term);
  }
  return terms;
}

// "include:a.example" of "+Include:A.example.": what a term is about.
std::string Subject(std::string_view term) {
  if (!term.empty() && std::string_view("+-~?").find(term[0]) != std::string_view::npos) {
    term.remove_prefix(1);
  }
  while (term.ends_with('.')) term.remove_suffix(1);
  return Lower(term);
}

bool Passes(std::string_view term) {
  return !term.starts_with('-') && !term.starts_with('~') && !term.starts_with('?');
}

bool EndsMechanisms(const std::string& term) {
  return Subject(term) == "all" || Lower(term).starts_with("redirect=");
}

void Add(const std::string& term, std::vector<std::string>& terms) {
  const auto end = std::find_if(terms.begin(), terms.end(), EndsMechanisms);
  const auto same = std::find_if(terms.begin(), end, [&](const std::string& other) {
    return Subject(other) == Subject(term);
  });
  if (same == end) {
    terms.insert(end, term);
  } else if (!Passes(*same)) {
    *same = term;
  }
}

}  // namespace

bool IsSpf(std::string_view text) {
  return EqualsIgnoreCase(text.substr(0, 6), "v=spf1") && (text.size() == 6 || text[6] == ' ');
}

Result<std::string> MergeSpf(const std::vector<std::string>& texts, const std::string& needed) {
  std::optional<std::string> existing;
  for (const std::string& text : texts) {
    if (!IsSpf(text)) continue;
    if (existing) return Conflict("there are two SPF records (v=spf1); join them into one first");
    existing = text;
  }
  if (!existing) return needed;
  std::vector<std::string> terms = TermsOf(*existing);
  for (const std::string& term : TermsOf(needed)) {
    if (!IsSpf(term) && !EndsMechanisms(term)) Add(term, terms);
  }
  return Join(terms, " ");
}

int CountSpfLookups(std::string_view record) {
  int count = 0;
  for (const std::string& term : TermsOf(record)) {
    const std::string subject = Subject(term);
    const std::string name = subject.substr(0, subject.find_first_of(":/="));
    for (const char* asks : {"include", "a", "mx", "ptr", "exists", "redirect"}) {
      if (name == asks) ++count;
    }
  }
  return count;
}

}  // namespace egd::cli
