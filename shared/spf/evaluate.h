// What receivers make of a domain's SPF record (RFC 7208 sections 4 to 6): do they get to the terms
// that let the gateway send, and is the record one that they can evaluate at all?
//
// Policy. The record is walked as for mail that matches nothing: through includes and `redirect`,
// up to `all`. A required term is reached where it stands itself, in an included record or behind a
// redirect, always with the qualifier "+". Whatever on the walk makes receivers answer permerror
// fails, wherever the required terms stand: syntax, an include or redirect to a name without a
// record of its own or with several, more than 10 terms that need look-ups, more than 2 of them
// without an answer, more than 10 MX hosts (section 4.6.4). A branch that the DNS does not answer
// makes the result temporary, unless the required terms come before it.
//
// Terms whose macros depend on the mail count as one look-up and are not followed. Of `a` and `mx`
// the IPv4 question is asked, as for most senders. Addresses of MX hosts are not looked up. What is
// behind a required include belongs to the gateway: it counts, and its errors are not the domain's
// (CheckOwn is for those).
//
// Pure: answers come through `LookUp`. After a temporary error the walk goes on, so that one walk
// finds everything that can be asked at once. It asks for at most 10 terms, loops included.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/spf/record.h"

namespace egd::spf {

constexpr int kMaxLookups = 10;
constexpr int kMaxVoidLookups = 2;
constexpr size_t kMaxExchanges = 10;

enum class Question { kTxt, kA, kMx };

struct Answer {
  enum class Status {
    kPending,
    kFound,
    kVoid,
    kTempError
  };  // kVoid: no such name, or no such record
  Status status = Status::kTempError;
  std::vector<std::string> values = {};  // TXT: one a record, its strings joined
  std::string detail = {};               // why kTempError
};

using LookUp = std::function<Answer(const std::string& name, Question question)>;

struct Verdict {
  enum class Outcome { kPass, kMissing, kPermError, kTempError };
  Outcome outcome = Outcome::kPass;
  std::string reason = {};  // a sentence without its full stop; empty for kPass
  int lookups = 0;          // terms that need one, the walk over
};

// `text`: the one SPF record of `domain`. `needed`: the record whose terms but `all` have to be
// reached.
Verdict Evaluate(const std::string& domain, std::string_view text, std::string_view needed,
                 const LookUp& look_up);

// The gateway's own record at `host`, as somebody's include reaches it: it has to be there, single
// and fit to be evaluated.
Verdict CheckOwn(const std::string& host, const LookUp& look_up);

}  // namespace egd::spf
