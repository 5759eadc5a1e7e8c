// What a document asks for, checked. Values only.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/desired/node.h"
#include "cli/desired/schema.h"
#include "shared/base/result.h"

namespace egd::cli {

// One thing, as the document wants it or as it is there.
struct Item {
  Kind kind;
  std::string owner = {};   // the user it belongs to, lower case; empty: the one who asks
  std::string domain = {};  // the domain it belongs to
  nlohmann::ordered_json values = nlohmann::ordered_json::object();  // by Property::key
  int64_t id = 0;                                                    // what is there
  size_t line = 0;                                                   // of the document
  std::string password_file = {};                                    // of a user to be created

  std::string Text(std::string_view key) const;  // a value; "" when it has none
  bool Is(std::string_view key) const;           // a switch; false when it has none
  std::string Name() const;                      // for people: domain example.com of jane
};

struct Suppression {
  std::string owner = {}, address = {};  // lower case
  std::string source = {}, reason = {};  // empty: as the gateway has it
  size_t line = 0;
};

struct DesiredState {
  std::vector<Item> items;
  std::vector<Suppression> suppressions;
  // What the document has lists of, though they be empty: only that can be pruned.
  std::set<Kind> kinds;
  bool has_suppressions = false;
  std::set<std::tuple<std::string, std::string, Kind>> belongings;  // owner, domain, kind of thing
  std::set<std::string> owners;                                     // whom it names
};

struct CheckedState {
  DesiredState state;
  std::vector<std::string> mistakes;  // "FILE:12: unknown key `opitons` in domain example.com"
};

// A file that the document names, relative to it.
using FileReader = std::function<Result<std::string>(const std::string& name)>;

// `file`: the document's name, for the mistakes.
CheckedState ReadState(const Node& document, const std::string& file, const FileReader& read);

// Puts the name of the one who asks in place of the empty owner. A mistake for each user and domain
// that is listed twice.
std::vector<std::string> SetOwner(DesiredState& state, const std::string& asker,
                                  const std::string& file);

}  // namespace egd::cli
