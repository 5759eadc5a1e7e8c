// egd-api(7): what is true of the whole API, written by hand, and every Command, from the catalogue.
#include <string>
#include <string_view>

#include "shared/catalogue/cli_option.h"
#include "shared/catalogue/command.h"
#include "shared/catalogue/man_text.h"

namespace egd::catalogue {
namespace {

constexpr std::string_view kFaces = R"(.Sh DESCRIPTION
Every operation of
.Xr egd 8
is one Command, and has three faces:
.Bl -enum
.It
.Li POST /api.php
with the parameter
.Va Command ,
or
.Li /api.php/COMMAND ;
also
.Li GET
with a query string.
Names of Commands and parameters may be written in any case.
.It
A path under
.Li /api/v1
where the table below has one.
.It
.Xr egctl 1 ,
with the name of the Command without
.Dq emailgateway. .
.El
.Pp
Parameters are a JSON object, application/x-www-form-urlencoded or
multipart/form-data, and the query string; the body wins.
In forms, structured values are JSON text or bracketed fields:
.Li To[0][email]=jane@example.com .
Null is the same as missing.
Unknown parameters are ignored.
A compressed body is 415.
.Pp
A reply is one JSON object in UTF-8.
Fields may be added to it, none is taken away.
Each reply has the header
.Li X-Request-ID ,
which is also in the daemon's log.
.Li /openapi.json
describes all of it for machines.
.Sh AUTHENTICATION
.Bl -tag -width Ds
.It Sy Sender key Li eg_live_ No or Li eg_test_
Of one sender domain, for applications that send:
.Li Authorization: Bearer KEY
or the parameter
.Va SenderAPIKey .
What a test key sends never leaves the gateway.
.It Sy User key Li eg_user_ , Sy session Li eg_sess_
.Li Authorization: Bearer
or
.Va APIKey ,
.Va SessionID .
A session comes from user.login; it ends after 12 hours without use, and after
30 days at most.
What belongs to another user is answered as if it were not there.
.It Sy Admin key Li eg_admin_
.Li Authorization: Bearer
or
.Va AdminAPIKey ,
with
.Va UserID
to act for a user; without it, for the user
.Dq default .
.It Sy Nobody's
Over the Unix socket root and the daemon's own user are admin without a key.
.El
.Pp
Where several are given, the most specific parameter counts: AdminAPIKey,
SenderAPIKey, APIKey, SessionID, then the header.
.Sh OUTCOMES
.Li /api.php
answers 200 for every outcome of a Command:
.Va Success
is true or false, then with
.Va ErrorCode
and
.Va ErrorText ,
both of them lists for adddomain, addapi, addwebhook and user.*.
What never became a Command has a status of its own: 400 malformed, 404 no such
path, 405, 413 too large, 415, 429, 500, 503.
.Pp
Under
.Li /api/v1
the status is real, and the body is
.Va Errors ,
a list of
.Va Code
and
.Va Message .
The option
.Ic api.v1_errors_as_200
makes it 200 for clients that expect that.
.Pp
Each Command's own codes are in its page, like
.Xr egctl-sendemail 1 .
Of all Commands:
.Bl -tag -width 99999
.It 429
Too many requests.
.It 99995
An internal error; the text has the ID of the request.
.It 99996
There is no such Command.
.It 99997
A parameter is malformed; the text names it.
.It 99998
The key is missing or not valid, or the session has expired.
.It 99999
Not permitted.
.El
.Sh RATE LIMITS
A key may make 100 requests in 60 seconds under
.Li /api/v1
.Pq Ic limits.api_requests ;
the window begins with its first.
Replies have
.Li RateLimit-Limit ,
.Li RateLimit-Remaining
and
.Li RateLimit-Reset .
A 429 or 503 has
.Li Retry-After ,
in seconds: wait so long, then send the same again.
.Sh IDEMPOTENCY
Commands marked
.Dq idempotency key
below take the header
.Li Idempotency-Key ,
any text of at most 255 bytes.
The same key within 24 hours, for the same domain, gives the first answer and
does nothing; with another request it is 409, code 40.
A success means that the message is on disk: when no answer came, repeat the
request with the same key.
)";

constexpr std::string_view kExamples[] = {
    R"(curl http://127.0.0.1:8025/api/v1/email \)",
    R"-(  -H "Authorization: Bearer $(cat sender.key)" \)-",
    R"(  -H "Content-Type: application/json" -H "Idempotency-Key: order-4711" \)",
    R"(  -d '{"Subject": "Hello", "ContentType": "plain", "PlainContent": "Hello.",)",
    R"(       "From": {"email": "me@example.com"}, "To": [{"email": "you@example.net"}]}')",
    R"(curl http://127.0.0.1:8025/api.php -d Command=sender.domains \)",
    R"-(  -d AdminAPIKey="$(cat /var/lib/egd/admin.key)")-"};

constexpr std::string_view kSeeAlso =
    ".Sh SEE ALSO\n.Xr egctl 1 ,\n.Xr egd.toml 5 ,\n.Xr egd-security 7 ,\n.Xr egd 8\n";

std::string_view CallerText(Caller caller) {
  switch (caller) {
    case Caller::kAnyone:
      return "anyone";
    case Caller::kUser:
      return "a user";
    case Caller::kSenderKey:
      return "a sender key";
    case Caller::kSenderKeyOrUser:
      return "a sender key or a user";
    case Caller::kAdmin:
      return "the admin";
  }
  return {};
}

std::string Entry(const Command& command) {
  std::string text(command.summary);
  text += ". For " + std::string(CallerText(command.caller));
  if (!command.permission.empty()) text += " with " + std::string(command.permission);
  if (!command.alias.path.empty()) {
    text += "; " + std::string(command.alias.method) + " " + std::string(command.alias.path);
  }
  if (command.takes_idempotency_key) text += "; idempotency key";
  return Item("Cm " + Word(command.name), text + ".");
}

std::string Commands() {
  std::string text = ".Sh COMMANDS\n";
  for (const Group& group : Groups()) {
    std::string items;
    for (const Command& command : All()) {
      if (command.group == group.name) items += Entry(command);
    }
    if (!items.empty()) text += ".Ss " + std::string(group.title) + "\n" + List("Ds", items);
  }
  return text;
}

}  // namespace

std::string ApiPage() {
  std::string examples = ".Sh EXAMPLES\n.Bd -literal -offset indent\n";
  for (const std::string_view line : kExamples) examples += Literal(line) + "\n";
  return Header("egd-api", "HTTP API of the email gateway", 7) + std::string(kFaces) + Commands() +
         examples + ".Ed\n" + std::string(kSeeAlso);
}

}  // namespace egd::catalogue
