#include "shared/spf/evaluate.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "shared/base/strings.h"

namespace egd::spf {
namespace {

using Outcome = Verdict::Outcome;

// RFC 1035 section 2.3.4; a domain-spec may be what no name can be ("a..example.com").
bool FitsInDns(const std::string& name) {
  const auto labels = Split(name, '.');
  return name.size() <= 253 && std::ranges::all_of(labels, [](std::string_view label) {
           return !label.empty() && label.size() <= 63;
         });
}

// The first `bits` bits are the same.
bool SameBits(std::string_view a, std::string_view b, int bits) {
  const size_t whole = size_t(bits) / 8;
  if (a.substr(0, whole) != b.substr(0, whole)) return false;
  const int shift = 8 - bits % 8;
  return shift == 8 || uint8_t(a[whole]) >> shift == uint8_t(b[whole]) >> shift;
}

// The domain that a term is about; empty: it depends on the mail.
std::string NameOf(const Mechanism& term, const std::string& domain) {
  return term.target.empty() ? domain : Expand(term.target, domain);
}

struct Needed {
  Mechanism term;
  std::string name;
  bool reached = false;
};

// Who is let in by `b` is let in by `a`; the names are those that they are about.
bool Covers(const Mechanism& a, const std::string& a_name, const Mechanism& b,
            const std::string& b_name) {
  if (a.kind != b.kind) return false;
  const int prefix = a.kind == Kind::kIp6 ? a.prefix6 : a.prefix4;
  if (a.kind == Kind::kIp4 || a.kind == Kind::kIp6) {
    return prefix <= (a.kind == Kind::kIp6 ? b.prefix6 : b.prefix4) &&
           SameBits(a.target, b.target, prefix);
  }
  const bool same = a_name.empty() ? a.target == b.target : a_name == b_name;
  return same && a.prefix4 <= b.prefix4 && a.prefix6 <= b.prefix6;
}

// Where the walk is.
struct Place {
  std::string domain;
  bool passes = true;  // a "+" here lets the sender pass at the end
  bool ours = false;   // behind a required include
};

class Walk {
 public:
  Walk(const Record& needed, const std::string& domain, const LookUp& look_up) : look_up_(look_up) {
    for (const Mechanism& term : needed.mechanisms) {
      if (term.kind != Kind::kAll) needed_.push_back({term, NameOf(term, domain)});
    }
  }

  Verdict Run(const std::string& domain, std::string_view text) {
    Read(text, {domain});
    return Result();
  }

  // As if an include of `host` were there.
  Verdict RunInclude(const std::string& host) {
    Follow(host, {host});
    return Result();
  }

 private:
  Verdict Result() const {
    if (!permerror_.empty()) return {Outcome::kPermError, permerror_, lookups_};
    const Needed* missing = Missing();
    if (unseen_first_ || (missing && !unseen_.empty()))
      return {Outcome::kTempError, unseen_, lookups_};
    if (!missing) return {Outcome::kPass, {}, lookups_};
    return {Outcome::kMissing, misplaced_.empty() ? "lacks " + missing->term.text : misplaced_,
            lookups_};
  }

  const Needed* Missing() const {
    const auto found = std::ranges::find(needed_, false, &Needed::reached);
    return found == needed_.end() ? nullptr : &*found;
  }

  bool stopped() const { return !permerror_.empty(); }

  void PermError(const Place& place, std::string reason) {
    if (permerror_.empty() && !place.ours) permerror_ = std::move(reason);
  }

  void Unseen(const Place& place, const std::string& name, const std::string& detail) {
    if (place.ours) return;
    unseen_first_ = unseen_first_ || needed_.empty() || Missing();
    if (unseen_.empty())
      unseen_ = "the DNS did not answer for " + name + (detail.empty() ? "" : ": " + detail);
  }

  // One record, from its text to its end.
  void Read(std::string_view text, const Place& place) {
    const auto record = Parse(text);
    if (!record)
      return PermError(place, "the SPF record of " + place.domain +
                                  " is malformed: " + record.error().public_text);
    const auto all = std::ranges::find(record->mechanisms, Kind::kAll, &Mechanism::kind);
    for (auto term = record->mechanisms.begin(); term != all && !stopped(); ++term)
      Meet(*term, place);
    if (all != record->mechanisms.end()) return LookBehind(all, record->mechanisms.end(), place);
    if (!record->redirect.empty() && !stopped()) Redirect(record->redirect, place);
  }

  // Required terms that receivers never come to.
  template <typename Iterator>
  void LookBehind(Iterator all, Iterator end, const Place& place) {
    for (auto term = all; term != end; ++term) {
      const Needed* found = FindNeeded(*term, place.domain);
      if (found && !found->reached) {
        misplaced_ =
            "has " + term->text + " after \"" + all->text + "\", where receivers stop reading";
      }
    }
  }

  Needed* FindNeeded(const Mechanism& term, const std::string& domain) {
    const std::string name = NameOf(term, domain);
    const auto found = std::ranges::find_if(
        needed_, [&](const Needed& one) { return Covers(term, name, one.term, one.name); });
    return found == needed_.end() ? nullptr : &*found;
  }

  void Meet(const Mechanism& term, const Place& place) {
    const bool required = Reach(term, place);
    if (!NeedsLookup(term.kind) || !Count(place)) return;
    const std::string name = NameOf(term, place.domain);
    if (name.empty()) return;  // its macros depend on the mail
    if (!FitsInDns(name))
      return PermError(place, Quoted(term, place) + " names no domain that the DNS could have");
    switch (term.kind) {
      case Kind::kInclude:
        return Follow(name, {name, place.passes && term.qualifier == '+', place.ours || required});
      case Kind::kA:
      case Kind::kExists:
        Ask(name, Question::kA, place);
        return;
      case Kind::kMx:
        return AskExchanges(name, place);
      case Kind::kAll:
      case Kind::kPtr:  // asks for the sender's address
      case Kind::kIp4:
      case Kind::kIp6:
        return;
    }
  }

  static std::string Quoted(const Mechanism& term, const Place& place) {
    return "\"" + term.text + "\" in the SPF record of " + place.domain;
  }

  // Whether the term is a required one; it is reached where it lets the gateway send.
  bool Reach(const Mechanism& term, const Place& place) {
    Needed* found = FindNeeded(term, place.domain);
    if (!found) return false;
    if (place.passes && term.qualifier == '+') {
      found->reached = true;
    } else {
      misplaced_ =
          "has " + term.text +
          " where it does not let the gateway send: every qualifier on the way has to be \"+\"";
    }
    return true;
  }

  bool Count(const Place& place) {
    if (++lookups_ <= kMaxLookups) return true;
    // Whose record the eleventh is in makes no difference to receivers.
    PermError({place.domain}, "it needs more than " + std::to_string(kMaxLookups) +
                                  " DNS lookups, where receivers give up");
    return false;
  }

  void Redirect(const std::string& spec, const Place& place) {
    if (!Count(place)) return;
    const std::string name = Expand(spec, place.domain);
    if (name.empty()) return;
    if (!FitsInDns(name)) {
      return PermError(place, "redirect=" + spec + " in the SPF record of " + place.domain +
                                  " names no domain that the DNS could have");
    }
    // Whoever is judged by our record alone lets us in as one that includes it.
    const auto include = std::ranges::find_if(needed_, [&](const Needed& one) {
      return one.term.kind == Kind::kInclude && one.name == name;
    });
    const bool required = include != needed_.end();
    if (required && place.passes) include->reached = true;
    Follow(name, {name, place.passes, place.ours || required});
  }

  // To the record at `name`, which has to be there.
  void Follow(const std::string& name, const Place& place) {
    const Answer answer = look_up_(name, Question::kTxt);
    if (answer.status == Answer::Status::kTempError) {
      return Unseen(place, name, answer.detail);
    }
    std::vector<std::string> records;
    std::ranges::copy_if(answer.values, std::back_inserter(records), IsSpf);
    if (records.size() == 1) return Read(records.front(), place);
    PermError(place,
              name + (records.empty() ? " has no SPF record" : " has more than one SPF record") +
                  ", and the evaluation leads there");
  }

  Answer Ask(const std::string& name, Question question, const Place& place) {
    Answer answer = look_up_(name, question);
    if (answer.status == Answer::Status::kTempError) {
      Unseen(place, name, answer.detail);
    } else if (answer.status == Answer::Status::kVoid && ++void_lookups_ > kMaxVoidLookups) {
      PermError({place.domain},
                "more than " + std::to_string(kMaxVoidLookups) +
                    " of its DNS lookups find nothing, where receivers give up (the last is " +
                    name + ")");
    }
    return answer;
  }

  void AskExchanges(const std::string& name, const Place& place) {
    const Answer answer = Ask(name, Question::kMx, place);
    if (answer.values.size() <= kMaxExchanges) return;
    PermError(place, name + " has more than " + std::to_string(kMaxExchanges) +
                         " MX records, and receivers look at no more");
  }

  const LookUp& look_up_;
  std::vector<Needed> needed_;
  int lookups_ = 0, void_lookups_ = 0;
  std::string permerror_, unseen_, misplaced_;
  bool unseen_first_ = false;  // a branch was not seen, and something required had not been reached
};

}  // namespace

Verdict Evaluate(const std::string& domain, std::string_view text, std::string_view needed,
                 const LookUp& look_up) {
  const auto required = Parse(needed);
  if (!required) return {Outcome::kMissing, "lacks " + std::string(needed), 0};
  return Walk(*required, domain, look_up).Run(domain, text);
}

Verdict CheckOwn(const std::string& host, const LookUp& look_up) {
  return Walk({}, host, look_up).RunInclude(host);
}

}  // namespace egd::spf
