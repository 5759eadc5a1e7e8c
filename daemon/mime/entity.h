// An entity's header and body as they stand in a message (RFC 2045): views of its text, so that who
// changes one byte can leave the others. Lenient, pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace egd::mime {

// Takes a line with its CR LF, or all when there is none. `rest` has at least two octets.
std::string_view TakeLine(std::string_view& rest);

struct HeaderField {
  std::string_view name, value;  // folded
  size_t begin = 0, end = 0;     // in the entity
};

struct Entity {
  std::vector<HeaderField> fields;
  std::string_view header;  // with the empty line that ends it
  std::string_view body;
};

Entity ReadEntity(std::string_view text);
const HeaderField* Find(const Entity& entity, std::string_view name);  // null: it is not there

// A structured value without its folding and comments, parameters apart (RFC 2045 section 5.1).
class Structured {
 public:
  explicit Structured(const HeaderField* field);

  std::string Parameter(std::string_view name) const;  // empty: it is not there

  std::string value;  // lower case
  std::vector<std::pair<std::string, std::string>> parameters;
};

}  // namespace egd::mime
