// Inside the store room: the index of the texts that searches look in, as an engine has to provide
// it: SearchIndex to whoever fills it (search_indexer.h), three functions to whoever looks
// (event_search.h). fts_index.cpp has the one there is, on SQLite's FTS5.
//
// It is filled in batches, moments after the commit, and what is not indexed yet is found by
// reading it: a search sees every committed event. All of it can be made again from the events.
//
// What a message says is indexed once, under the message's number, and what an event adds under its
// sequence: a third of the rows and of the size. Texts are folded as text_search.h says and
// separated by line feeds, which no query has.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/store/connection.h"
#include "shared/base/clock.h"

namespace egd::store {

enum class SearchKind { kMessages, kEvents };

constexpr size_t kLeastCharacters = 3;            // of what can be looked for
size_t CountCharacters(const std::string& text);  // of UTF-8

// How far the index is; whatever has a greater number is not in it.
struct SearchMark {
  int64_t message = 0;      // number
  int64_t event = 0;        // sequence
  UnixMillis event_at = 0;  // when that event was: tells whose index this is
};

// Readers of the database see the index, attached once to each, by these.
void AttachIndex(Connection& reader, const std::string& path);
SearchMark ReadMark(Connection& reader);
// Numbers of what has the folded text, ascending.
std::vector<int64_t> FindNumbers(Connection& reader, SearchKind kind, int64_t domain_id,
                                 const std::string& folded);

struct SearchRow {
  int64_t number = 0;
  int64_t domain_id = 0;
  std::string texts;  // folded, a line each
};
struct SearchBatch {
  std::vector<SearchRow> messages, events;  // by ascending number
  SearchMark mark;                          // after them
};

// One thread at a time; methods throw on failure.
class SearchIndex {
 public:
  // Makes the index of this path when it is missing, and again when it cannot be used.
  static std::unique_ptr<SearchIndex> Open(const std::string& path);
  virtual ~SearchIndex() = default;

  virtual const SearchMark& mark() const = 0;
  virtual void Add(const SearchBatch& batch) = 0;  // in one commit
  // Drops what has lower numbers than this one, as far as that is cheap.
  virtual void DropBefore(SearchKind kind, int64_t number) = 0;
  virtual void Clear() = 0;
};

}  // namespace egd::store
