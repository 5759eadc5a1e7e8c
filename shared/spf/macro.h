// Macro strings and domain-specs of SPF (RFC 7208 section 7): syntax, and expansion as far as it
// depends on the domain alone. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace egd::spf {

// Why `text` is no macro-string, to go after the term; empty: it is one.
std::string MacroStringProblem(std::string_view text);

// Why `text` is no domain-spec: a macro-string that ends in a macro or in a dot and a top label.
std::string DomainSpecProblem(std::string_view text);

}  // namespace egd::spf
