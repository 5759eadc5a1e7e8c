#include "shared/base/csv.h"

#include <catch2/catch.hpp>

using egd::CsvReader;

namespace {

std::vector<std::vector<std::string>> Rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  CsvReader reader(text, 100);
  while (auto record = reader.Next()) rows.push_back(record->fields);
  return rows;
}

using Table = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("records end with LF, CR LF or the end") {
  CHECK(Rows("a,b\nc,d") == Table{{"a", "b"}, {"c", "d"}});
  CHECK(Rows("a,b\r\nc,d\r\n") == Table{{"a", "b"}, {"c", "d"}});
  CHECK(Rows("\xef\xbb\xbf"
             "a\n\n\r\nb\n") == Table{{"a"}, {"b"}});
  CHECK(Rows("").empty());
  CHECK(Rows(",\n") == Table{{"", ""}});
}

TEST_CASE("a quoted field holds commas, line ends and quotes") {
  CHECK(Rows("\"a,\"\"b\"\"\n\",c\n") == Table{{"a,\"b\"\n", "c"}});
  CHECK(Rows("a\"b,\"never ends\nx") == Table{{"a\"b", "never ends\nx"}});
}

TEST_CASE("a written record reads back, formulas made harmless") {
  using egd::CsvLine;
  CHECK(CsvLine({"a", "", "b c"}) == "a,,b c\r\n");
  CHECK(CsvLine({"a,b", "say \"x\"", "two\nlines"}) ==
        "\"a,b\",\"say \"\"x\"\"\",\"two\nlines\"\r\n");
  for (const std::string formula : {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"}) {
    CHECK(Rows(CsvLine({"x", formula})) == Table{{"x", "'" + formula}});
  }
  CHECK(CsvLine({"1-1", "a=b"}) == "1-1,a=b\r\n");
}

TEST_CASE("a lone CR cannot stop the reader") {
  CHECK(Rows("a\rb,c\rd\r\n") == Table{{"a\rb", "c\rd"}});
  CHECK(Rows("\"a\"\rb\n") == Table{{"a"}, {"b"}});
}

TEST_CASE("a record knows the line it starts on") {
  CsvReader reader("a\n\"b\nc\"\nd\n", 100);
  CHECK(reader.Next()->line == 1);
  CHECK(reader.Next()->line == 2);
  CHECK(reader.Next()->line == 4);
}

TEST_CASE("a record of too many fields is cut, not kept") {
  const std::string text = std::string(1'000'000, ',') + "\nx,y\n";
  CsvReader reader(text, 2);
  CHECK(reader.Next()->fields.size() == 3);
  CHECK(reader.Next()->fields == std::vector<std::string>{"x", "y"});
}
