// Views name what their Commands answer, and nothing else.
#include "shared/catalogue/view.h"

#include <algorithm>

#include <catch2/catch.hpp>

namespace egd::catalogue {
namespace {

bool IsDeclared(const Command& command, const std::string& path) {
  return std::ranges::any_of(command.results,
                             [&](const Field& field) { return field.path == path; });
}

const Field* Declared(const Command& command, std::string_view path) {
  const auto field = std::ranges::find(command.results, path, &Field::path);
  return field == command.results.end() ? nullptr : &*field;
}

std::string Below(const Command& command, const ViewSection& section, std::string_view path) {
  const Field* parent = Declared(command, section.path);
  const bool is_list = parent && parent->type == FieldType::kList;
  return std::string(section.path) +
         (section.path.empty() ? ""
          : is_list            ? "[]."
                               : ".") +
         std::string(path);
}

}  // namespace

TEST_CASE("every path of a view is declared by its Command") {
  for (const Command& command : All()) {
    const View* view = ViewOf(command);
    if (!view) continue;
    for (const ViewSection& section : *view) {
      INFO(command.name << " " << section.path);
      CHECK((section.path.empty() || IsDeclared(command, std::string(section.path))));
      CHECK((section.compared.empty() || IsDeclared(command, std::string(section.compared))));
      CHECK((section.when.path.empty() || IsDeclared(command, std::string(section.when.path))));
      if (!section.key_title.empty()) continue;  // of an object with any members
      for (const auto* fields : {&section.fields, &section.details}) {
        for (const ViewField& field : *fields) {
          INFO(field.path);
          CHECK(IsDeclared(command, Below(command, section, field.path)));
          const std::string instead = Below(command, section, field.instead);
          CHECK((field.instead.empty() || IsDeclared(command, instead)));
        }
      }
    }
  }
}

TEST_CASE("keys have titles, and looks by their units") {
  CHECK(TitleOf("SMTPResponse") == "SMTP response");
  CHECK(TitleOf("DomainID") == "Domain ID");
  CHECK(TitleOf("OldestAgeSeconds") == "Oldest age");
  CHECK(TitleOf("CreatedAt") == "Created");
  CHECK(TitleOf("LastReplyAt") == "Last reply at");
  CHECK(TitleOf("enhanced_code") == "Enhanced code");
  CHECK(TitleOf("APIKeys") == "API keys");
  CHECK(LookOf("FreeBytes") == Look::kBytes);
  CHECK(LookOf("BounceRate7d") == Look::kPercent);
  CHECK(LookOf("delivery_ms") == Look::kMillis);
  CHECK(LookOf("Status") == Look::kVerdict);
  CHECK(LookOf("Subject") == Look::kText);
}

}  // namespace egd::catalogue
