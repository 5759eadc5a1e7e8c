// What the tests of handlers share: calls of Commands, checked against the catalogue as the router
// does, on a store of their own.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/api/handler.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/store.h"
#include "daemon/store/user_store.h"
#include "tests/unit/temp_dir.h"

namespace egd::api {

using Json = nlohmann::ordered_json;
using Codes = std::vector<int>;

inline core::Principal As(int64_t user_id, int64_t domain_id = 0) {
  core::Principal caller;
  caller.kind = domain_id == 0 ? core::PrincipalKind::kUser : core::PrincipalKind::kSenderKey;
  caller.user_id = user_id;
  caller.domain_id = domain_id;
  return caller;
}

class Desk {
 public:
  int64_t AddUser(const std::string& name) {
    core::User user;
    user.username = name;
    user.email_address = name + "@example.com";
    REQUIRE(store->Write([&](store::Transaction& tx) { store::UserStore(tx).Insert(user); }));
    return user.id;
  }
  int64_t AddDomain(int64_t user_id, const std::string& name) {
    core::SenderDomain domain;
    domain.user_id = user_id;
    domain.name = name;
    REQUIRE(store->Write([&](store::Transaction& tx) { store::DomainStore(tx).Insert(domain); }));
    return domain.id;
  }

  // The reply of a call that must succeed.
  Json Reply(const std::string& command, const Json& parameters,
             const core::Principal& caller = {}) {
    Outcome outcome = Run(command, parameters, caller);
    if (const Failure* failure = std::get_if<Failure>(&outcome))
      FAIL(failure->problems.front().text);
    return std::get<Json>(outcome);
  }
  // The whole of a call's text.
  std::string Text(const std::string& command, const Json& parameters,
                   const core::Principal& caller) {
    Outcome outcome = Run(command, parameters, caller);
    REQUIRE(std::holds_alternative<TextReply>(outcome));
    CHECK(
        std::get<TextReply>(outcome).content_type.starts_with(catalogue::Find(command)->text_type));
    std::string text;
    for (bool last = false; !last;) {
      const Result<TextPiece> piece = std::get<TextReply>(outcome).next();
      REQUIRE(piece);
      text += piece->text;
      last = piece->last;
    }
    return text;
  }
  // A call that must fail.
  Failure Failed(const std::string& command, const Json& parameters,
                 const core::Principal& caller = {}) {
    Outcome outcome = Run(command, parameters, caller);
    REQUIRE(std::holds_alternative<Failure>(outcome));
    return std::get<Failure>(outcome);
  }
  std::vector<catalogue::Problem> Problems(const std::string& command, const Json& parameters,
                                           const core::Principal& caller = {}) {
    return Failed(command, parameters, caller).problems;
  }
  Codes Refusal(const std::string& command, const Json& parameters,
                const core::Principal& caller = {}) {
    Codes codes;
    for (const catalogue::Problem& problem : Problems(command, parameters, caller)) {
      CHECK_FALSE(problem.text.empty());
      codes.push_back(problem.code);
    }
    return codes;
  }

  TempDir dir;
  FakeClock clock;
  std::unique_ptr<store::Store> store = std::move(*store::Store::Open(dir.path()));
  Handlers handlers;

 private:
  Outcome Run(const std::string& name, const Json& parameters, const core::Principal& caller) {
    INFO(name << " " << parameters.dump());
    const catalogue::Command* command = catalogue::Find(name);
    REQUIRE(command != nullptr);
    catalogue::Parsed parsed = catalogue::ReadArguments(*command, parameters);
    if (!parsed.problems.empty() && !command->finds_every_problem) return Failure{parsed.problems};
    const Call call{*command,
                    caller,
                    parsed.arguments,
                    "",
                    "192.0.2.1",
                    "request-1",
                    std::chrono::steady_clock::now(),
                    parsed.problems};
    return handlers.at(name)(call);
  }
};

}  // namespace egd::api
