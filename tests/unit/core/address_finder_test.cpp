#include "daemon/core/address_finder.h"

#include <catch2/catch.hpp>

namespace egd::core {
namespace {

AddressFinder Of(const char* address) {
  return AddressFinder(*ParseEmailAddress(address));
}

constexpr const char* kAlias = "erased-1@example.org";

TEST_CASE("an address is found in every form it is written in", "[address_finder]") {
  const AddressFinder finder = Of("Jane.Doe+x@Example.org");
  CHECK(finder.address() == "jane.doe+x@example.org");
  for (const char* text :
       {"jane.doe+x@example.org", "RCPT TO:<JANE.DOE+X@EXAMPLE.ORG>",
        "mailto:jane.doe+x@example.org?", "https://a.example/?e=jane.doe%2Bx%40example.org&b",
        "(jane.doe+x@example.org.)", "a@jane.doe+x@example.org"}) {
    CAPTURE(text);
    CHECK(finder.IsIn(text));
  }
  for (const char* text :
       {"", "@", "jane.doe+x", "doe+x@example.org", "xjane.doe+x@example.org",
        "a.jane.doe+x@example.org", "jane.doe+x@example.org.uk", "jane.doe+x@example.organic",
        "jane.doe+x@example.org-x.de", "jane.doe+x%41example.org"}) {
    CAPTURE(text);
    CHECK_FALSE(finder.IsIn(text));
  }
}

TEST_CASE("domains are found in A-labels and in letters", "[address_finder]") {
  const AddressFinder finder = Of("jane@b\u00fccher.example");
  CHECK(finder.Is("JANE@xn--bcher-kva.example"));
  CHECK(finder.IsIn("<jane@xn--bcher-kva.example>"));
  CHECK(finder.IsIn("<jane@b\u00fccher.example>"));
  CHECK_FALSE(finder.IsIn("<jane@bcher.example>"));
}

TEST_CASE("an address is replaced and nothing else", "[address_finder]") {
  const AddressFinder finder = Of("jane@example.org");
  CHECK(finder.Replace("<jane@example.org> Jane@Example.ORG xjane@example.org", "A@b.c") ==
        "<A@b.c> A@b.c xjane@example.org");
  CHECK(finder.Replace("nobody", kAlias) == "nobody");
}

TEST_CASE("mailboxes lose their names with their addresses", "[address_finder]") {
  const AddressFinder finder = Of("jane@example.org");
  CHECK(finder.ReplaceMailboxes(
            R"("Bob, jr" <bob@example.org>, "Doe, Jane" <jane@example.org>, c@d.example)",
            kAlias) == R"("Bob, jr" <bob@example.org>, erased-1@example.org, c@d.example)");
  CHECK(finder.ReplaceMailboxes("Jane <jane@example.org>", kAlias) == kAlias);
  CHECK(finder.ReplaceMailboxes("jane@example.org, jane@example.org", "x") == "x, x");
}

TEST_CASE("the local part alone is replaced where words are about its holder", "[address_finder]") {
  const AddressFinder finder = Of("jane@example.org");
  CHECK(finder.ReplaceLocalPart("550 no user Jane here, <jane@example.org>; janet, mary-jane",
                                kAlias) ==
        "550 no user erased-1 here, <erased-1@example.org>; janet, mary-jane");
  CHECK(Of("ed@example.org").ReplaceLocalPart("ed failed", kAlias) == "ed failed");
}

}  // namespace
}  // namespace egd::core
