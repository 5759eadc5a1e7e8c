#include "daemon/tracking_server/unsubscribe_page.h"

#include <catch2/catch.hpp>

namespace egd::tracking_server {

TEST_CASE("values are escaped, and never read as placeholders") {
  CHECK(RenderUnsubscribePage("{sender}|{address}|{x}", {"<b>{form}\"'&", "{done}", false}) ==
        "&lt;b&gt;{form}&quot;&#39;&amp;|{done}|{x}");
}

TEST_CASE("the page has a form with one button until it is done") {
  const std::string page = DefaultUnsubscribePage();
  CHECK(MissingPlaceholder(page).empty());
  const std::string before = RenderUnsubscribePage(page, {"Shop", "j@a.example", false});
  CHECK(before.find("<form method=\"post\">") != std::string::npos);
  CHECK(before.find("role=\"status\"") == std::string::npos);
  const std::string after = RenderUnsubscribePage(page, {"Shop", "j@a.example", true});
  CHECK(after.find("<button") == std::string::npos);
  CHECK(after.find("role=\"status\"") != std::string::npos);
  CHECK(MissingPlaceholder("{form}") == "{done}");
}

TEST_CASE("addresses are partly hidden") {
  CHECK(PartlyHidden("jane@example.net") == "j•••@example.net");
  CHECK(PartlyHidden("österreich@example.net") == "ö•••@example.net");
  CHECK(PartlyHidden("nonsense") == "•••");
  CHECK(PartlyHidden("@x") == "•••");
}

}  // namespace egd::tracking_server
