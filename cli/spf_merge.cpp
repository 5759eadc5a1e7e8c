#include "cli/spf_merge.h"

#include <algorithm>
#include <optional>

#include "shared/base/strings.h"
#include "shared/spf/record.h"

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

Result<std::string> MergeSpf(const std::vector<std::string>& texts, const std::string& needed) {
  std::optional<std::string> existing;
  for (const std::string& text : texts) {
    if (!spf::IsSpf(text)) continue;
    if (existing) return Conflict("there are two SPF records (v=spf1); join them into one first");
    existing = text;
  }
  if (!existing) return needed;
  if (const auto parsed = spf::Parse(*existing); !parsed) {
    return Conflict("the SPF record that is there is malformed, mend it first: " +
                    parsed.error().public_text);
  }
  std::vector<std::string> terms = TermsOf(*existing);
  for (const std::string& term : TermsOf(needed)) {
    if (!spf::IsSpf(term) && !EndsMechanisms(term)) Add(term, terms);
  }
  return Join(terms, " ");
}

}  // namespace egd::cli
