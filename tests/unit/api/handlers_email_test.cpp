#include "daemon/api/handlers/email.h"
#include "daemon/service/sending/acceptance.h"
#include "daemon/service/sending/draft_codec.h"
#include "daemon/store/list_store.h"
#include "daemon/store/message_store.h"
#include "daemon/store/subscriber_store.h"
#include "daemon/store/suppression_store.h"
#include "daemon/store/template_store.h"
#include "shared/base/encoding.h"
#include "tests/unit/api/handlers_desk.h"
#include "tests/unit/domain_status.h"

namespace egd::api {
namespace {

constexpr char kSend[] = "emailgateway.sendemail";

struct EmailDesk : Desk {
  EmailDesk() {
    AddEmailHandlers(handlers, acceptance);
    REQUIRE(store->Write(
        [&](store::Transaction& tx) { SetStatus(tx, domain, core::DomainStatus::kEnabled); }));
  }
  Json Mail() const {
    return {{"Subject", "Welcome"},
            {"ContentType", "html"},
            {"HTMLContent", "<h1>Welcome!</h1>"},
            {"From", {{"name", "John Doe"}, {"email", "john@example.com"}}},
            {"To", {{{"name", "Jane Smith"}, {"email", "jane@example.net"}}}}};
  }
  Json With(const std::string& name, Json value) const {
    Json mail = Mail();
    mail[name] = std::move(value);
    return mail;
  }
  core::Draft Sent(const Json& parameters) {
    const Json reply = Reply(kSend, parameters, As(user, domain));
    const auto id = Uuid::Parse(reply.at("MessageID").get<std::string>());
    REQUIRE(id);
    auto content =
        store->Read([&](store::Connection& c) { return store::MessageStore(c).FindContent(*id); });
    REQUIRE((content && *content));
    return *service::DecodeDraft(**content);
  }
  Codes Refused(const Json& parameters) { return Refusal(kSend, parameters, As(user, domain)); }
  std::string Text(const Json& parameters) {
    return Problems(kSend, parameters, As(user, domain)).front().text;
  }

  int64_t user = AddUser("user");
  int64_t domain = AddDomain(user, "example.com");
  static service::AcceptanceOptions Tracked() {
    service::AcceptanceOptions options;
    options.tracking = true;
    return options;
  }

  service::Acceptance acceptance{*store, clock, Tracked(), [] {}};
};

Json One(const Json& email) {
  return Json::array({Json{{"email", email}}});
}

}  // namespace

TEST_CASE("the reference's example is accepted") {
  EmailDesk desk;
  const Json reply = desk.Reply(kSend, desk.Mail(), As(desk.user, desk.domain));
  CHECK(reply.size() == 1);
  CHECK(Uuid::Parse(reply.at("MessageID").get<std::string>()));
}

TEST_CASE("every parameter reaches the draft") {
  EmailDesk desk;
  Json mail = desk.Mail();
  mail["ContentType"] = "BOTH";
  mail["PlainContent"] = "Welcome!\n";
  mail["CC"] = One("cc@example.net");
  mail["BCC"] = One("bcc@example.net");
  mail["ReplyTo"] = One("reply@example.net");
  mail["Headers"] = {{"X-One", "1"}, {"X-Two", "2"}};
  mail["TrackLinks"] = "true";
  mail["TrackOpens"] = false;
  mail["UnsubscribeLink"] = 1;
  mail["Attachments"] = {
      {{"filename", "a.pdf"}, {"content", "AAEC\r\n/w=="}, {"type", "application/pdf"}},
      {{"filename", "logo.png"},
       {"content", Base64("png")},
       {"type", "image/png"},
       {"disposition", "inline"},
       {"contentid", "logo"}}};
  const core::Draft draft = desk.Sent(mail);
  CHECK(draft.from.name == "John Doe");
  CHECK(draft.from.email == "john@example.com");
  CHECK(draft.to.at(0).name == "Jane Smith");
  CHECK(draft.cc.at(0).email == "cc@example.net");
  CHECK(draft.bcc.at(0).email == "bcc@example.net");
  CHECK(draft.reply_to.at(0).email == "reply@example.net");
  CHECK(draft.subject == "Welcome");
  CHECK(draft.html == "<h1>Welcome!</h1>");
  CHECK(draft.plain == "Welcome!\n");
  CHECK(draft.headers ==
        std::vector<std::pair<std::string, std::string>>{{"X-One", "1"}, {"X-Two", "2"}});
  CHECK(draft.track_links);
  CHECK_FALSE(draft.track_opens);
  CHECK(draft.unsubscribe_link);
  CHECK(draft.attachments.at(0).content == std::string("\0\1\2\xff", 4));
  CHECK(draft.attachments.at(0).type == "application/pdf");
  CHECK_FALSE(draft.attachments.at(0).inline_part);
  CHECK(draft.attachments.at(1).inline_part);
  CHECK(draft.attachments.at(1).content_id == "logo");
}

TEST_CASE("only the content that ContentType names is sent") {
  EmailDesk desk;
  Json mail = desk.With("PlainContent", "Welcome!");
  CHECK(desk.Sent(mail).plain.empty());
  mail["ContentType"] = "plain";
  CHECK(desk.Sent(mail).html.empty());
}

TEST_CASE("each parameter's documented code") {
  EmailDesk desk;
  CHECK(desk.Refused(desk.With("Subject", "")) == Codes{8});
  CHECK(desk.Refused(desk.With("Subject", "  ")) == Codes{8});
  CHECK(desk.Refused(desk.With("To", nullptr)) == Codes{8});
  CHECK(desk.Refused(desk.With("ContentType", nullptr)) == Codes{9});
  CHECK(desk.Refused(desk.With("HTMLContent", "")) == Codes{10});
  CHECK(desk.Refused(desk.With("ContentType", "plain")) == Codes{11});
  Json both = desk.With("ContentType", "both");
  both["HTMLContent"] = "";
  CHECK(desk.Refused(both) == Codes{10, 11});

  CHECK(desk.Refused(desk.With("From", nullptr)) == Codes{3});
  CHECK(desk.Refused(desk.With("From", "john")) == Codes{3});
  CHECK(desk.Refused(desk.With("From", {{"name", "John"}})) == Codes{3});
  CHECK(desk.Refused(desk.With("From", {{"email", "john@example.net"}})) == Codes{3});
  CHECK(desk.Refused(desk.With("From", {{"email", "john"}})) == Codes{23});

  CHECK(desk.Refused(desk.With("To", Json::array())) == Codes{20});
  CHECK(desk.Refused(desk.With("To", "x")) == Codes{18});
  CHECK(desk.Refused(desk.With("To", One(""))) == Codes{18});
  CHECK(desk.Refused(desk.With("To", One("x"))) == Codes{19});
  CHECK(desk.Refused(desk.With("CC", One(""))) == Codes{21});
  CHECK(desk.Refused(desk.With("CC", One("x"))) == Codes{22});
  CHECK(desk.Refused(desk.With("BCC", "x")) == Codes{24});
  CHECK(desk.Refused(desk.With("BCC", One(nullptr))) == Codes{25});
  CHECK(desk.Refused(desk.With("BCC", One("x@y z"))) == Codes{26});
  CHECK(desk.Refused(desk.With("ReplyTo", "x")) == Codes{28});
  CHECK(desk.Refused(desk.With("ReplyTo", One(""))) == Codes{29});
  CHECK(desk.Refused(desk.With("ReplyTo", One("x"))) == Codes{30});

  CHECK(desk.Refused(desk.With("Headers", {{"Bcc", "x@example.net"}})) == Codes{42});
  CHECK(desk.Refused(desk.With("Headers", {{"X-A", "a\r\nB: c"}})) == Codes{42});
  CHECK(desk.Refused(desk.With("SendAt", "tomorrow")) == Codes{43});
  CHECK(desk.Refused(desk.With("SendAt", 253'402'300'799)) == Codes{43});
  const Json attachment = {{"filename", "a"}, {"content", "?"}};
  CHECK(desk.Refused(desk.With("Attachments", Json::array({attachment}))) == Codes{41});
}

TEST_CASE("what is named by ID has its codes, also when it is no ID") {
  EmailDesk desk;
  const std::pair<const char*, int> ids[] = {{"TemplateID", 15}, {"TargetListID", 16},
                                             {"ListID", 35},     {"SubscriberID", 36},
                                             {"JourneyID", 37},  {"ActionID", 38}};
  for (const auto& [name, code] : ids) {
    CHECK(desk.Refused(desk.With(name, 4711)) == Codes{code});
    CHECK(desk.Refused(desk.With(name, "first")) == Codes{code});
    CHECK(desk.Refused(desk.With(name, 0)) == Codes{code});
  }
}

TEST_CASE("a template stands in for subject and content, a list for To") {
  EmailDesk desk;
  core::EmailTemplate email;
  email.user_id = desk.user;
  email.subject = "Hello";
  email.content = core::TemplateContent::kPlain;
  email.plain = "Text";
  core::SubscriberList list;
  list.user_id = desk.user;
  core::Subscriber jane;
  jane.email_address = "jane@example.net";
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    store::TemplateStore(tx).Insert(email);
    store::ListStore(tx).Insert(list);
    jane.list_id = list.id;
    store::SubscriberStore(tx).Insert(jane);
  }));
  const Json mail = {{"TemplateID", email.id},
                     {"From", {{"email", "john@example.com"}}},
                     {"To", One("jane@example.net")}};
  CHECK(desk.Sent(mail).plain == "Text");
  Json listed = mail;
  listed["TargetListID"] = list.id;
  listed.erase("To");
  const Json reply = desk.Reply(kSend, listed, As(desk.user, desk.domain));
  REQUIRE(reply.at("MessageID").is_array());
  CHECK(Uuid::Parse(reply.at("MessageID").at(0).get<std::string>()));
  listed.erase("TemplateID");
  CHECK(desk.Refused(listed) == Codes{8, 9});
}

TEST_CASE("counts have their codes") {
  EmailDesk desk;
  const auto many = [](size_t count) {
    Json list = Json::array();
    for (size_t i = 0; i < count; ++i)
      list.push_back({{"email", std::to_string(i) + "@example.net"}});
    return list;
  };
  CHECK(desk.Refused(desk.With("To", many(1001))) == Codes{20});
  CHECK(desk.Refused(desk.With("CC", many(1000))) == Codes{20});
  CHECK(desk.Refused(desk.With("BCC", many(1001))) == Codes{27});
  CHECK(desk.Refused(desk.With("ReplyTo", many(11))) == Codes{31});
  desk.Reply(kSend, desk.With("CC", many(999)), As(desk.user, desk.domain));
}

TEST_CASE("problems name the entry, and all of them are reported in ascending order") {
  EmailDesk desk;
  CHECK(desk.Text(desk.With("CC", One("x"))) ==
        "CC[0].email is not a valid e-mail address: it has no @");
  Json mail = desk.With("CC", One("x"));
  mail["To"] = One("y");
  mail["From"] = {{"email", "z"}};
  CHECK(desk.Refused(mail) == Codes{19, 22, 23});
}

TEST_CASE("the state of account and domain has its codes") {
  EmailDesk desk;
  CHECK(desk.Refusal(kSend, desk.Mail(), As(desk.user, 4711)) == Codes{2});
  REQUIRE(desk.store->Write(
      [&](store::Transaction& tx) { SetStatus(tx, desk.domain, core::DomainStatus::kSuspended); }));
  CHECK(desk.Refused(desk.Mail()) == Codes{32});
  core::User user =
      **desk.store->Read([&](store::Connection& c) { return store::UserStore(c).Find(desk.user); });
  const auto save = [&] {
    REQUIRE(desk.store->Write([&](store::Transaction& tx) { store::UserStore(tx).Update(user); }));
  };
  user.verified = false;
  save();
  CHECK(desk.Refused(desk.Mail()) == Codes{34});
  user.enabled = false;
  save();
  CHECK(desk.Refused(desk.Mail()) == Codes{12});
}

TEST_CASE("limits and the suppression list have their codes") {
  EmailDesk desk;
  core::User user =
      **desk.store->Read([&](store::Connection& c) { return store::UserStore(c).Find(desk.user); });
  const auto save = [&] {
    REQUIRE(desk.store->Write([&](store::Transaction& tx) { store::UserStore(tx).Update(user); }));
  };
  user.send_rate_per_minute = 1;
  save();
  desk.Sent(desk.Mail());
  CHECK(desk.Refused(desk.Mail()) == Codes{429});
  CHECK(desk.Failed(kSend, desk.Mail(), As(desk.user, desk.domain)).retry_after ==
        std::chrono::seconds(60));
  user.send_rate_per_minute = 0;
  user.monthly_send_limit = 1;
  save();
  CHECK(desk.Refused(desk.Mail()) == Codes{17});
  user.monthly_send_limit = 0;
  save();
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    store::SuppressionStore(tx).Insert({desk.user, "jane@example.net", "manual", "", 1});
  }));
  CHECK(desk.Refused(desk.Mail()) == Codes{14});
  const Json reply =
      desk.Reply(kSend, desk.With("CC", One("joe@example.net")), As(desk.user, desk.domain));
  CHECK(reply.at("Suppressed") == Json{"jane@example.net"});
}

TEST_CASE("an idempotency key is bound to the request, however that was spelled") {
  EmailDesk desk;
  const auto send = [&](const Json& parameters, std::string_view key) -> Json {
    const catalogue::Command& command = *catalogue::Find(kSend);
    auto arguments = catalogue::ParseArguments(command, parameters);
    const core::Principal caller = As(desk.user, desk.domain);
    Outcome outcome = desk.handlers.at(kSend)(
        {command, caller, std::get<0>(arguments), key, "192.0.2.1", "request-1"});
    if (const auto* failure = std::get_if<Failure>(&outcome)) return failure->problems.front().code;
    return std::get<Json>(outcome).at("MessageID");
  };
  const Json mail = desk.Mail();
  Json spelled = {{"to", mail["To"].dump()}, {"subject", "Welcome"}};
  for (const std::string name : {"From", "HTMLContent", "ContentType"}) spelled[name] = mail[name];
  const Json first = send(desk.Mail(), "order-1");
  CHECK(first.is_string());
  CHECK(send(spelled, "order-1") == first);
  CHECK(send(desk.With("Subject", "Other"), "order-1") == 40);
  CHECK(send(desk.Mail(), "order-2") != first);
  CHECK(send(desk.Mail(), "") != first);
  CHECK(send(desk.Mail(), std::string(256, 'k')) == catalogue::kCodeMalformed);
}

TEST_CASE("a batch answers each message as sendemail would, in their order") {
  EmailDesk desk;
  const Json pdf = {{{"filename", "a.pdf"}, {"content", "no base64!"}}};
  const Json messages = {desk.Mail(),
                         desk.With("To", One("no address")),
                         5,
                         desk.With("Subject", ""),
                         desk.With("Attachments", pdf),
                         Json{{"SUBJECT", "x"}},
                         desk.With("Tags", "a,b")};
  const Json reply =
      desk.Reply("emailgateway.batch", {{"Messages", messages}}, As(desk.user, desk.domain));
  const Json& results = reply.at("Results");
  REQUIRE(results.size() == 7);
  for (const size_t good : {0, 6}) {
    CHECK(Uuid::Parse(results[good].at("MessageID").get<std::string>()));
    CHECK(results[good].size() == 1);
  }
  const std::pair<size_t, int> bad[] = {{1, 19}, {2, 99997}, {3, 8}, {4, 41}, {5, 3}};
  for (const auto& [at, code] : bad) {
    INFO(results[at].dump());
    CHECK(results[at].size() == 1);
    CHECK(results[at].at("Errors")[0].at("Code") == code);
    CHECK(results[at].at("Errors")[0].at("Message").get<std::string>().size() > 5);
  }
}

TEST_CASE("a send to a list is a list of one in a batch too") {
  EmailDesk desk;
  core::SubscriberList list;
  list.user_id = desk.user;
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    store::ListStore(tx).Insert(list);
    core::Subscriber subscriber;
    subscriber.list_id = list.id;
    subscriber.email_address = "jane@example.net";
    store::SubscriberStore(tx).Insert(subscriber);
  }));
  const Json messages = {desk.With("TargetListID", list.id), desk.With("TargetListID", 4711)};
  const Json results =
      desk.Reply("emailgateway.batch", {{"Messages", messages}}, As(desk.user, desk.domain))
          .at("Results");
  CHECK(results[0].at("MessageID").size() == 1);
  CHECK(results[1].at("Errors")[0].at("Code") == 16);
}

TEST_CASE("a batch itself has codes of its own") {
  EmailDesk desk;
  const auto refused = [&](const Json& messages) {
    return desk.Refusal("emailgateway.batch", {{"Messages", messages}}, As(desk.user, desk.domain));
  };
  CHECK(refused(Json::array()) == Codes{46});
  CHECK(refused("x") == Codes{47});
  CHECK(refused(Json::array_t(501, desk.Mail())) == Codes{47});
  REQUIRE(desk.store->Write([&](store::Transaction& tx) {
    egd::SetStatus(tx, desk.domain, core::DomainStatus::kSuspended);
  }));
  CHECK(refused(Json::array({desk.Mail()})) == Codes{32});
}

}  // namespace egd::api
