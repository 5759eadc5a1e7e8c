#include "shared/config/render.h"

#include <sstream>
#include <string_view>
#include <vector>

#include "shared/base/strings.h"
#include "shared/config/options.h"
#include "shared/config/values.h"

namespace egd::config {
namespace {

constexpr std::string_view kSampleHead =
    "egd.toml: the configuration of egd, the mail gateway. Every option is listed with its "
    "default; remove the # before one to change it. An environment variable overrides its option: "
    "EGD_HTTP_LISTEN stands for listen in [http]. egd --check-config reports what is wrong, egd "
    "--print-config shows what is in effect; egd.toml(5) is the manual.";

constexpr std::string_view kManHead = R"(.Dd November 22, 2026
.Dt EGD.TOML 5
.Os
.Sh NAME
.Nm egd.toml
.Nd configuration of the egd mail gateway
.Sh DESCRIPTION
.Xr egd 8
reads this file, in TOML, from
.Pa /etc/egd/egd.toml
or from where
.Fl -config
points.
Unknown options and wrong values are errors that name file, line, column and the
nearest valid name.
.Pp
A duration is a number and a unit:
.Ql 90s ,
.Ql 15m ,
.Ql 4h
or
.Ql 2d .
Sizes are bytes.
A network is an address and a prefix length:
.Ql 10.0.0.0/8 .
.Pp
No option holds a secret.
Keys live in files below
.Ic data_dir .
)";

constexpr std::string_view kManTail = R"(.Sh ENVIRONMENT
Each option can be overridden by a variable: EGD_ and the option's name in capitals,
with an underscore for the dot.
Lists are comma-separated;
.Ev EGD_DNS_RECORDS
is a TOML list of inline tables.
.Sh SIGNALS
On SIGHUP
.Xr egd 8
reads the file again, applies the options marked
.Dq reload
and the TLS certificates, and logs the names of the others that changed and wait
for a restart.
.Sh FILES
.Bl -tag -width Ds
.It Pa /etc/egd/egd.toml
The configuration, unless
.Fl -config
names another file.
.El
.Sh EXAMPLES
A gateway that serves its API with TLS and sends through a provider's relay:
.Bd -literal -offset indent
[gateway]
hostname = "mail.example.com"

[http]
listen = ["0.0.0.0:443"]
tls_certificate = "/etc/egd/cert.pem"
tls_key = "/etc/egd/key.pem"

[delivery]
route = "smarthost"
smarthost = "relay.example.net:25"
.Ed
.Sh SEE ALSO
.Xr egctl 1 ,
.Xr egd 8
)";

constexpr size_t kCommentWidth = 98;

std::string Comment(std::string_view text) {
  std::string out, line = "#";
  for (const auto word : Split(text, ' ')) {
    if (line.size() + 1 + word.size() > kCommentWidth) {
      out += line + "\n";
      line = "#";
    }
    line.append(" ").append(word);
  }
  return out + line + "\n";
}

// `prefix` is "#" in the sample, where defaults are shown but not set.
std::string RecordBlocks(const std::vector<DnsRecordTemplate>& records, std::string_view prefix) {
  std::ostringstream out;
  for (const auto& record : records) {
    out << "\n" << prefix << "[[dns_records]]\n";
    out << prefix << "purpose = " << ToToml(record.purpose) << "\n";
    out << prefix << "host = " << ToToml(record.host) << "\n";
    out << prefix << "type = " << ToToml(record.type) << "\n";
    out << prefix << "value = " << ToToml(record.value) << "\n";
  }
  return out.str();
}

std::string Assignment(const Option& option, const Config& config) {
  return std::string(option.Name()) + " = " + ValueText(option, config) + "\n";
}

bool IsRecords(const Option& option) {
  return option.key == "dns_records";
}

// A text line of roff: an escape or a control character at its start would be a request.
std::string Roff(std::string_view text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else {
      out += c;
    }
  }
  return out;
}

std::string RoffArgument(std::string_view text) {
  std::string out;
  for (const char c : Roff(text)) {
    if (c == '"') {
      out += "\\(dq";
    } else {
      out += c;
    }
  }
  return "\"" + out + "\"";
}

// mdoc wants each sentence on a line of its own.
std::string Sentences(std::string_view text) {
  std::string out = Roff(text);
  for (size_t at = out.find(". "); at != std::string::npos; at = out.find(". ", at)) {
    out[at + 1] = '\n';
  }
  return out + "\n";
}

std::string ManItem(const Option& option) {
  std::string item = ".It Ic " + RoffArgument(option.key) + "\n" + Sentences(option.help);
  item += "It is " + Roff(option.TypeName());
  if (!option.rule.choices.empty()) {
    item +=
        ", one of " +
        Roff(Join(std::vector<std::string>(option.rule.choices.begin(), option.rule.choices.end()),
                  ", "));
  }
  if (!IsRecords(option)) item += "; default " + Roff(ValueText(option, Config()));
  return item + (option.reload == Reload::kOnSighup ? "; reload.\n" : ".\n");
}

}  // namespace

std::string RenderEffective(const Config& config) {
  std::string out, section;
  for (const Option& option : Options()) {
    if (IsRecords(option)) continue;
    if (option.Section() != section) {
      section = option.Section();
      out += "\n[" + section + "]\n";
    }
    out += Assignment(option, config);
  }
  // A key of the top level has to stand before the first section.
  if (config.dns_records.empty()) return "dns_records = []\n" + out;
  return out + RecordBlocks(config.dns_records, "");
}

std::string RenderSample() {
  const Config defaults;
  std::string out = Comment(kSampleHead), section;
  for (const Option& option : Options()) {
    if (option.Section() != section && !IsRecords(option)) {
      section = option.Section();
      out += "\n[" + section + "]";
    }
    out += "\n" + Comment(option.help);
    out += IsRecords(option) ? RecordBlocks(defaults.dns_records, "#").substr(1)
                             : "#" + Assignment(option, defaults);
  }
  return out;
}

std::string RenderManPage() {
  std::string out(kManHead), section;
  out += ".Sh OPTIONS\n.Bl -tag -width Ds\n";
  for (const Option& option : Options()) {
    if (option.Section() != section && !IsRecords(option)) {
      section = option.Section();
      out += ".El\n.Ss Section " + section + "\n.Bl -tag -width Ds\n";
    } else if (IsRecords(option)) {
      out += ".El\n.Ss Records of sender domains\n.Bl -tag -width Ds\n";
    }
    out += ManItem(option);
  }
  out += ".El\n";
  return out.append(kManTail);
}

}  // namespace egd::config
