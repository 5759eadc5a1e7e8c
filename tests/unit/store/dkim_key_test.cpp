#include <algorithm>
#include <fstream>

#include "daemon/store/dkim_key_store.h"
#include "daemon/store/migration.h"
#include "daemon/store/query.h"
#include "tests/unit/store/fixture.h"

namespace egd::store {
namespace {

using core::DkimAlgorithm;
using core::DkimKeyState;

core::DkimKey Due(const std::string& selector, DkimKeyState state, UnixMillis due_at) {
  return {selector, DkimAlgorithm::kRsaSha256, state, "sealed", "p", 1, due_at};
}

TEST_CASE("DKIM keys: domains with due keys, longest due first, active keys never") {
  Fixture f;
  std::vector<int64_t> ids;
  const auto add = [&](const std::string& name, const std::vector<core::DkimKey>& keys) {
    core::SenderDomain domain = MakeDomain(f.user.id, name);
    domain.dkim_keys = keys;
    f.Write(
        [&](Transaction& tx) { REQUIRE(DomainStore(tx).Insert(domain) == DomainSaved::kSaved); });
    ids.push_back(domain.id);
  };
  add("a.example", {Due("s1", DkimKeyState::kActive, 0), Due("s2", DkimKeyState::kPending, 30)});
  add("b.example", {Due("s1", DkimKeyState::kRetiring, 20), Due("s2", DkimKeyState::kPending, 90)});
  add("c.example", {Due("s1", DkimKeyState::kActive, 0)});
  const auto due = [&](UnixMillis now, size_t most) {
    return f.Read([&](Connection& c) { return DkimKeyStore(c).ListDomainsDue(now, most); });
  };
  CHECK(due(19, 10).empty());
  CHECK(due(20, 10) == std::vector{ids[1]});
  CHECK(due(100, 10) == std::vector{ids[1], ids[0]});
  CHECK(due(100, 1) == std::vector{ids[1]});
}

TEST_CASE("DKIM keys: a domain to sign with has its keys; they go with it") {
  Fixture f;
  core::SenderDomain domain = MakeDomain(f.user.id, "a.example");
  domain.dkim_keys = {Due("s1", DkimKeyState::kActive, 0)};
  domain.records.resize(1);
  f.Write([&](Transaction& tx) { DomainStore(tx).Insert(domain); });
  const auto found = f.Read([&](Connection& c) { return DomainStore(c).FindToSign(domain.id); });
  REQUIRE(found);
  CHECK(found->name == "a.example");
  CHECK(found->dkim_keys == domain.dkim_keys);
  CHECK(found->records.empty());
  f.Write([&](Transaction& tx) { DomainStore(tx).Delete(domain.id); });
  CHECK(f.Read([&](Connection& c) { return DkimKeyStore(c).List(domain.id); }).empty());
  CHECK_FALSE(f.Read([&](Connection& c) { return DomainStore(c).FindToSign(domain.id); }));
}

TEST_CASE("DKIM keys: the key of an older database is active, and its records are its own") {
  TempDir dir;
  std::ofstream(dir.path() + "/egd.db").close();
  Connection connection(dir.path() + "/egd.db", false);
  const auto all = Migrations();
  const auto ours =
      std::ranges::find(all, std::string_view("dkim_keys"), [](const auto& m) { return m.name; });
  REQUIRE(ours != all.end());
  REQUIRE(Migrate(connection, all.first(size_t(ours - all.begin()))));
  Execute(connection,
          "INSERT INTO users VALUES "
          "(1, 'jane', 'jane@a.example', '', '', '', '', 1, 1, 1, 0, 0, 0, '', 0);"
          "INSERT INTO domains (id, user_id, name, status, link_tracking, open_tracking, "
          "unsubscribe_link, hosting_provider, track_prefix_disabled, mfrom_host, tracking_host, "
          "dkim_selector, dkim_private_key, dkim_public_key, signing_key, consecutive_failures, "
          "created_at, last_checked_at) VALUES (7, 1, 'a.example', 'Enabled', 1, 1, 0, '', 0, "
          "'sl.a.example', 't.a.example', 'eg202601', x'0102', 'MIIB', x'03', 0, 5, 6);"
          "INSERT INTO dns_records VALUES "
          "(7, 0, 'SPF', 'a.example', 'TXT', 'v=spf1 -all', 'pass', '', '', 0),"
          "(7, 1, 'DKIM', 'eg202601._domainkey.a.example', 'TXT', 'x', 'pass', '', '', 0),"
          "(7, 2, 'KEY', 'k.a.example', 'TXT', 'p=MIIB', 'pass', '', '', 0);");
  REQUIRE(Migrate(connection, all));
  const auto domain = DomainStore(connection).Find(7);
  REQUIRE(domain);
  CHECK(domain->dkim_keys ==
        std::vector<core::DkimKey>{{"eg202601", DkimAlgorithm::kRsaSha256, DkimKeyState::kActive,
                                    std::string("\1\2"), "MIIB", 5, 0}});
  REQUIRE(domain->records.size() == 3);
  CHECK(domain->records[0].selector.empty());
  CHECK(domain->records[1].selector == "eg202601");
  CHECK(domain->records[2].selector == "eg202601");
  CHECK(domain->signing_key == std::string("\3"));
}

}  // namespace
}  // namespace egd::store
