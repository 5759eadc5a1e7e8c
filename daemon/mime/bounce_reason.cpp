#include "daemon/mime/bounce_reason.h"

#include <algorithm>

#include "daemon/mime/phrases.h"
#include "shared/base/strings.h"

namespace egd::mime {
namespace {

constexpr unsigned Bit(BounceStage stage) {
  return 1u << static_cast<unsigned>(stage);
}
constexpr unsigned kUnknown = Bit(BounceStage::kUnknown);
constexpr unsigned kConnect = Bit(BounceStage::kConnect);
constexpr unsigned kMail = Bit(BounceStage::kMail);
constexpr unsigned kRcpt = Bit(BounceStage::kRcpt);
constexpr unsigned kData = Bit(BounceStage::kData);
constexpr unsigned kAnyStage = kUnknown | kConnect | kMail | kRcpt | kData;

struct Rule {
  std::string_view reason;
  unsigned stages;
  std::string_view statuses;  // class left out: "1.1", "7.*"; "|" between several; "": any or none
  std::string_view phrases;   // "|" between several, one must be there; "": no matter
};

constexpr std::string_view kFull =
    "mailbox full|mailbox is full|mail box full|mailbox has exceeded|mailbox exceed|mailbox quota"
    "|mailbox size|inbox is full|inbox full|account is full|full mailbox|mailfolder is full"
    "|mailbox was full|mailbox are full|mailfolder full|mail folder is full|box is full"
    "|mailbox for user is full|over quota|overquota|over-quota|over the quota|over disk quota"
    "|quota exceed|quota excess|exceeded quota|exceeds quota|exceed the quota|exceeding quota"
    "|exceeded his quota|exceeded their quota|exceeded its quota|exceeded the quota"
    "|exceeded storage|exceeds storage|quota is full|quota full|quota violation|out of quota"
    "|beyond quota|above quota|quota is over|past quota|disk quota|user is full|user full"
    "|exceeds allowed size|exceeds the maximum size|exceeded the maximum size|out of storage"
    "|storage limit|storage quota|storage allocation|storage space|size quota|quota limit"
    "|insufficient storage space in|not enough space|no space left in|mailbox space"
    "|user has too many messages|too many messages in|maximum number of messages|maildir over"
    "|destinataire pleine|boite pleine|boîte pleine|bo\xc3\xaete aux lettres pleine"
    "|postfach voll|postfach ist voll|speicherplatz|quota überschritten|casella piena"
    "|buzón lleno|buzon lleno|caixa postal cheia|caixa cheia|ящик переполнен|переполнен"
    "|容量|空き容量|容量超過|邮箱已满|信箱已滿|empfängerpostfach ist voll|e4.12 user";
constexpr std::string_view kSystemFull =
    "insufficient disk space|disk full|disk is full|mail system full|no space left on"
    "|insufficient system|file system full|filesystem is full|out of disk|out of memory"
    "|insufficient storage";
constexpr std::string_view kTooBig =
    "message too large|message is too large|too large for|message size exceed|message too big"
    "|message is too big|size exceeds|exceeds maximum|exceeds the maximum message|exceeds size"
    "|exceeds limit|maximum message size|max message size|size limit|size restriction"
    "|message file too big|larger than|message length exceeds|max size for|recipsizelimit"
    "|exceeded the size|mesgtoobig";
constexpr std::string_view kSpeeding =
    "receiving mail at a rate|receiving mail too quickly|exceeded message rate limit"
    "|receiving email at a rate|receivingrate";
constexpr std::string_view kTooMany =
    "too many connections|too many concurrent|too many sessions|frequency limited"
    "|connection rate|connections from|connection limit|simultaneous|too many errors"
    "|aup#in-1310|aup#i-1310|maximum connections";
constexpr std::string_view kRate =
    "rate limit|ratelimit|rate-limit|too many messages|too many emails|too many mails|throttl"
    "|sending limit|sending quota|message rate|slow down|sending rate|daily limit|hourly limit"
    "|too much mail|unusual rate|exceeded the limit|messages per|limit exceeded";
constexpr std::string_view kSuspended =
    "account has been disabled|account is disabled|account disabled|account been disabled"
    "|mailbox disabled|mailbox is disabled|mailbox has been disabled|user disabled"
    "|user is disabled|user has been disabled|disabled recipient|disabled user|recipient disabled"
    "|recipient is disabled|disabled or discontinued|that you tried to reach is disabled"
    "|has been suspended|is suspended|suspended|account inactive|account is inactive|inactive "
    "account"
    "|mailbox is inactive|inactive mailbox|user is inactive|user inactive|tried to reach is "
    "inactive"
    "|address rejected: inactive|due to inactivity|not been active|is not active|has been locked"
    "|account is locked|is locked|temporary locked|temporarily locked|temporarily blocked user"
    "|mailbox is frozen|mailbox frozen|deactivated|de-activated|not activated|not been activated"
    "|account is blocked|account has been blocked|account blocked|mailbox has been blocked"
    "|recipient account is blocked|mailbox is blocked|mailbox blocked|du destinataire est bloque"
    "|user locked|mailbox locked|account locked|closed account|account closed for|expired account"
    "|account expired|account has expired|user is not active|mailbox currently suspended"
    "|email account is terminated|mailbox unavailable for this domain|boite du destinataire archiv"
    "|archived recipient|recipient suspend|sorry your message to cannot be delivered. this account"
    "|not yet active|конто|заблокирован|invalid/inactive|inactive user|disabled due"
    "|user account is disabled|user(s) account is disabled|no longer active|no longer accepts mail"
    "|mailbox unavailable or access denied|user is terminated|extended inactivity|user suspended"
    "|user or domain is disabled|a deactivated";
constexpr std::string_view kMoved =
    "no longer on server|no longer at|no longer available at|has moved|user moved|have moved"
    "|mailbox has moved|address has changed|changed his|changed her|changed their|new address"
    "|no longer works|no longer employed|no longer with|left the company|left our"
    "|no longer valid|no longer in use|is no longer";
constexpr std::string_view kNoRelay =
    "relay access denied|relaying denied|relay not permitted|relay is not permitted|unable to relay"
    "|relay denied|not a relay|as a relay|relaying not allowed|relay not allowed|open relay"
    "|cannot relay|can not relay|relaying prohibited|permitted to relay|no relaying"
    "|relay prohibited|relaying is prohibited|do not relay|don't relay|we cannot relay"
    "|not authorized to relay|relaying not permitted|relay operation|mail relay|relay attempt"
    "|list of allowed rcpthosts|allowed rcpthosts|not in my rcpthosts|not local|relayed mail"
    "|relaying mail|not allowed to relay|refused to relay|not relay|relaying to";
constexpr std::string_view kSenderRefused =
    "sender address rejected|sender rejected|sender denied|sender address denied|sender is blocked"
    "|domain of sender|sender domain|sender verify failed|sender verification|verify sender"
    "|purported responsible|invalid sender|unroutable sender|unverified sender|bad sender"
    "|sender unknown|unknown sender|sender not|sender is not|sender's email address|sender refused"
    "|emetteur invalide|blocked sender|sender blacklist|sender was rejected|from address|mail from "
    "domain|mailfrom domain|mail from address"
    "|return path|return-path|envelope sender|returnpath|sender callout|unresolvable address"
    "|rejected sender|sender invalid|sender does not|sender address does|sender email|your address"
    "|from: address|backscatter|senders not allowed|is not allowed to send"
    "|not permitted to send|not allowed to post|permission to post|not authorized to send"
    "|only members|restricted to members|not a registered|administrative prohibition"
    "|rejected by recipients|by recipients|not authorised|not authorized|unauthorized sender"
    "|need fully-qualified|sendernotauthenticated|delivery restriction|restricted"
    "|allow you to post|not open to posting|google groups|google-gruppe|grupos de google|skupin "
    "google|групи google|group may not exist";
constexpr std::string_view kFromHeader =
    "from: header|from header|in from:|rfc 5322|rfc5322|rfc 2822|rfc2822|rfc-compliant"
    "|rfc compliant|duplicate header|multiple subject|multiple addresses|bare lf|bare newline"
    "|line too long|lines longer|line length|8-bit|non-ascii|nul character|date header"
    "|message-id header|equal headers|header syntax|missing header|malformed header"
    "|not rfc|headers are|invalid header|date: header|header is|missing a valid address|without "
    "to:|without from:|without a from";
constexpr std::string_view kVirus = "virus|infected|malware|trojan|worm detected";
constexpr std::string_view kSpam =
    "spam|junk mail|junk-mail|unsolicited|bulk mail|bulk email|ube|phish|mail rejete"
    "|message content rejected|content rejected|content filter|content policy|content violat"
    "|message filtered|blacklisted url|blacklisted link|bayes|scored|rejected due to content"
    "|message considered|looks like|suspicious content|ph01|high probability|mail rejected. ofr_506"
    "|message contains|spamassassin|gtube|fraud|scam|rspamd|suspected|ofr_506|lpn007_506"
    "|message refused|ofr004_104|prohibited content";
constexpr std::string_view kReputation =
    "reputation|unexpected volume|user complaints|[tss0|[tss1|[ts0|volume or user|(s843)"
    "|ip blocked|unusual rate of unsolicited|untrusted ip|nowl|server busy";
constexpr std::string_view kBlocked =
    "blocked using|blocked by|is blocked|are blocked|been blocked|block list|blocklist|blacklist"
    "|black list|black-list|dnsbl|rbl|spamhaus|spamcop|sorbs|barracuda|uceprotect|abuseat|cbl"
    "|client host rejected|client host blocked|host rejected|banned|bloquee|blocked -|blocked for"
    "|listed in|listed by|listed on|on our list|on list|please use the smtp server of your isp"
    "|isp's|your isp|internet service provider|dynamic ip|dynamic "
    "address|dialup|dial-up|residential"
    "|client host|your host|your ip|ip address|invalid ip|ip frequency|source ip|network is on"
    "|daily relay quota|connection refused by policy|connections not accepted|not accepted from"
    "|refused to talk|service refuse|service refused|closed connection|access denied..."
    "|sorry, your|no access from|not allowed to connect|server access|access forbidden|go away"
    "|you are not welcome|aup#cdrbl|prs.proofpoint|cloudmark|greylist|graylist|grey list"
    "|helo|ehlo|hostname|weren't sent|you cannot send e-mail to yourself|redundant|ofr006|ofr_102"
    "|cannot find your|bad host|invalid host name|bad helo|block|intrusion prevention"
    "|unknown client|no matches to nameserver|mail server refused|domain is not allowed|rejected, ";
constexpr std::string_view kPtr =
    "ptr record|reverse dns|rdns|dns ptr|reverse lookup|no ptr|have a ptr|have ptr|without ptr"
    "|without reverse|mismatches client ip|reverse map|reverse hostname|reverse address"
    "|reverse host|resolve your hostname|cannot find your reverse|ptr resource|ptr name"
    "|in-addr.arpa|reverse-dns|cannot resolve your|reverse name|forward-confirmed"
    "|valid sender domain.";
constexpr std::string_view kAuth =
    "dmarc|fails to pass|spf check|spf valid|spf fail|spf record|spf:|sender policy framework|fail "
    "spf|failed spf"
    "|unauthenticated email|authentication information|sender is unauthenticated|dkim"
    "|authentication level|authentication results|not pass authentication|passes authentication"
    "|authentication check|authentication requirements|spf-|(spf)|spf mechanism|spf says|spf soft"
    "|does not designate|not designated|spf hard|not authorized to send mail for"
    "|authentication fail|5322.from";
constexpr std::string_view kPolicy =
    "policy|policies|header error|local policy|not allowed by|refused by|security polic|local polic"
    "|attachment|message not accepted|message not allowed|denied by|prohibited|regulation"
    "|rule imposed|transport rule|compliance|not accepted for|data loss|message rejected by"
    "|mail protection|violation|blocked by policy|permanent failure for one or more"
    "|extension|restrictions|restricted file|illegal attachment|against";
constexpr std::string_view kSecurity =
    "unauthenticated senders|authentication required|must authenticate|auth required"
    "|must be authenticated|authentication credentials|must issue a starttls|starttls|tls required"
    "|requires authentication|requires tls|encryption|certificate|not authenticated|ssl"
    "|authentication is required|please authenticate|insecure|security|smtp auth|login required";
constexpr std::string_view kNotAccept =
    "null mx|nullmx|no smtp service|does not accept mail|does not accept email|doesn't receive "
    "email"
    "|does not receive email|does not receive mail|not accepting network messages"
    "|couldn't find a mail exchanger or ip address|no mx found|accepts no mail|not accept any mail"
    "|does not accept incoming mail|domain does not accept|host does not accept|no mail service"
    "|never accept|does not have any mx|send only|no-reply address|system not accepting"
    "|not accept mail (";
constexpr std::string_view kNoHost =
    "host unknown|unknown host|no such domain|unknown domain|domain not found|domain does not exist"
    "|domain name not found|nxdomain|domain doesn't exist|host or domain name not found"
    "|dns domain does not exist|domain nonexistent|domain is not reachable|invalid domain"
    "|non-existent host|nonexistent host|no such host|host not found|name or service not known"
    "|unrouteable mail domain|unrouteable address|unroutable address|unroutable mail domain"
    "|bad destination system|recipient's domain does not exist|recipient domain not found"
    "|domain must exist|domain unknown|domain of recipient|illegal host/domain|unknown hostname"
    "|relay unknown|could not be resolved|cannot be resolved|couldn't find any host"
    "|can't find any host|address not found in dns|dns lookup failure: host not found"
    "|account or domain may not exist|no mx record|name was not found|unresolved host"
    "|domain isn't|not found in dns|domain is not valid|domain part|unknown mail host|host is "
    "unknown"
    "|domain not exist|不存在的域|dns error: domain name not found|no valid hosts"
    "|couldn't find any host named|lookup failure: host not found|mx lookup failure";
constexpr std::string_view kNetwork =
    "host name lookup failure|hostname lookup failure|name server|nameserver|dns error|malformed "
    "or unexpected"
    "|loops back|routing loop|mail loop|too many hops|hop count|message loop|loop detected"
    "|looping|too many received|received: header|too many relays|temporarily unable to resolve"
    "|wasn't able to establish an smtp connection|no route to host|network unreachable|network is "
    "unreachable"
    "|network error|couldn't connect|could not connect|connection refused|unable to connect|no "
    "route"
    "|connection reset|broken pipe|lost connection|connection lost|connection dropped"
    "|connection was dropped|connection closed|tls handshake|unable to contact|unreachable"
    "|host down|communication fail|cannot contact|routing|mail forwarding loop";
constexpr std::string_view kExpired =
    "connection timed out|timed out|time out|timeout|message expired|envelope expired|queue.expired"
    "|time expired|delivery expired|has expired|retry timeout|queue too long|in the queue too"
    "|could not deliver for the last|delivery failed attempts|too old|max retries|delivery attempts"
    "|attempts to deliver|giving up after|attempts:|unable to deliver in|for the last|for days"
    "|cannot send message for|could not be delivered for|could not send message for"
    "|been on the queue|been in the queue|not reachable|did not accept our requests to connect"
    "|could not initiate smtp|not respond|no response|not responding|not answer|deferred"
    "|couldn't be delivered in time|delivery time|retry time|unable to deliver this message after"
    "|socket error|operation timed|expired|maximum time|after several attempts|4.4.7|5.4.7";
constexpr std::string_view kSystem =
    "internal system error|system error|internal error|internal server error|local error"
    "|configuration error|service unavailable|service currently unavailable|temporarily unavailable"
    "|currently unavailable|temporary failure|temporary error|unable to contact ldap|ldap"
    "|mail server temporarily|try again later|try later|essayer plus tard|resources"
    "|temporary server error|server error|duplicated message-id|loop alert|queue file write"
    "|transcript of session|interrupted|please retry|retry later";
constexpr std::string_view kMailer =
    "mailer error|procmail|maildrop|pipe to|command failed|command died|exit status|lock failure"
    "|vdelivermail|error writing|x-unix|local delivery|cannot open|can't create|failed to read"
    "|error while writing|user defined|delivery agent|command output|unix";
constexpr std::string_view kContent =
    "media error|content error|headers too large|header too large|header size|too many mime"
    "|mime error|conversion|malformed mime|invalid mime|message format|message content"
    "|charset|encoding";
constexpr std::string_view kSyntax =
    "malformed address|syntax error|command parameter|command not|not implemented|unrecognized"
    "|bad sequence|invalid command|unknown command|error in parameters|bad command|syntax"
    "|may not follow";
constexpr std::string_view kFiltered =
    "recipient preferences|filtered|mailbox unavailable or access denied"
    "|refused to accept your|blocked by recipient|denied by recipient|rejected by recipient"
    "|refused by recipient|refused by the recipient|user reject|user refused|address protected"
    "|recipient refused to accept|not accept mail from you|whitelist|white list|block-send-er"
    "|user has blocked|recipient has blocked|message filter";
// Said by whoever looked the recipient up: about the mailbox at any stage.
constexpr std::string_view kNoUserForSure =
    "not listed in|name is not recognized|invalid final delivery userid|err.nosuchuser"
    "|recipnotfound|recipientnotfound|unknown in virtual alias|possibly incorrect"
    "|not found by smtp address lookup|wasn't found at|no mailbox here by that name"
    "|delivery error: dd this user doesn't|unknown to address|address couldn't be found"
    "|address could not be found|address wasn't found|there is no one at this address"
    "|not present in directory|not in directory|no such user or alias"
    "|recipient's e-mail address was not found|recipient's email address was not found"
    "|e-mail address you entered couldn't be found|name was not found at|missing home directory"
    "|does not exist in the directory|not found in the destination|account that does not exist"
    "|that you tried to reach does not exist|destinataire invalide|user not found"
    "|mailbox not found|542 rejected";
constexpr std::string_view kNoUser =
    "user unknown|unknown user|no such user|no such recipient|no such mailbox|no such address"
    "|no such account|no such person|no such local|no such email|no such e-mail|no mailbox"
    "|no account|no user|no mail box|unknown recipient|recipient unknown|recipient not found"
    "|mailbox not found|user not found|address not found|account not found|unknown mailbox"
    "|mailbox unknown|unknown address|address unknown|unknown local|addressee unknown|dosn't "
    "exist|unknown account|unknown email"
    "|unknown e-mail|unknown or illegal|unknown userid|userunknown|does not exist|doesn't exist"
    "|not exist|no exist|nonexistent|non-existent|non existent|invalid recipient|invalid mailbox"
    "|invalid user|invalid address|invalid local|invalid email|invalid e-mail|invalid-recipient"
    "|not a valid|is not valid|isn't a valid|isn't valid|address invalid|recipient invalid"
    "|mailbox invalid|bad recipient|bad address|badrcptto|badrecipientto|validrcptto"
    "|bad destination mailbox|bad destination email|bad mailbox|doesn't have a"
    "|does not have a mailbox|does not have an account|does not have a account|not our customer"
    "|not a known user|not known here|not known at|isn't known|user not known|unrecognized "
    "recipient"
    "|no longer exists|envelope recipient"
    "|address is not|destinataire invalide|destinataire inconnu|utilisateur inconnu|n'existe pas"
    "|adresse inconnue|existiert nicht|unbekannter empf|empfÃ¤nger unbekannt"
    "|benutzer unbekannt|non esiste|utente sconosciuto|destinatario sconosciuto|no existe"
    "|usuario desconocido|destinatario desconocido|nÃ£o existe|nao existe|inexistente"
    "|не существует|нет такого|не найден|неизвестный|存在しません|見つかりません|不存在"
    "|blank mailhost|mailbox unavailable|unavailable mailbox|user unavailable|can't accept user"
    "|mailbox is unavailable|undeliverable address|user is unknown|not a user"
    "|inactive email address|could not be found|couldn't be found|wasn't found|recipient "
    "unavailable"
    "|no valid recipient|not a recipient|not available here|account is unavailable"
    "|account unavailable|not email addresses|recipient is not accepted|not a local address"
    "|is not an active address|recipient not ok|unresolvable|not configured to receive|badrcpt";

// The first fitting rule decides.
// clang-format off: a table reads best as a table
constexpr Rule kRules[] = {
    // Nothing of these is about a mailbox that does not exist, whatever else is said.
    {"notaccept", kAnyStage, "", kNotAccept},
    {"virusdetected", kAnyStage, "", kVirus},
    {"mailboxfull", kAnyStage, "", kFull},
    {"mailboxfull", kAnyStage, "2.2", ""},
    {"systemfull", kAnyStage, "", kSystemFull},
    {"exceedlimit", kAnyStage, "2.3", ""},
    {"mesgtoobig", kAnyStage, "", kTooBig},
    {"speeding", kAnyStage, "", kSpeeding},
    {"toomanyconn", kAnyStage, "", kTooMany},
    {"suspend", kAnyStage, "7.13|2.1|7.1|5.0|1.2|2.0|0.0|7.0|", kSuspended},
    {"suspend", kAnyStage, "7.13", ""},
    {"hasmoved", kRcpt | kData | kUnknown, "", kMoved},
    {"hasmoved", kAnyStage, "1.6", ""},
    {"norelaying", kAnyStage, "", kNoRelay},
    {"spamdetected", kAnyStage, "", "spam classification"},
    {"notcompliantrfc", kAnyStage, "", kFromHeader},
    {"badreputation", kAnyStage, "", kReputation},
    {"authfailure", kAnyStage, "", kAuth},
    {"authfailure", kAnyStage, "7.20|7.21|7.22|7.23|7.24|7.26|7.28|7.29|7.509|7.515", ""},
    {"requireptr", kAnyStage, "", kPtr},
    {"requireptr", kAnyStage, "7.25", ""},
    {"rejected", kAnyStage, "", kSenderRefused},
    {"rejected", kAnyStage, "1.7|1.8|7.105", ""},
    {"blocked", kConnect | kMail, "", kBlocked},
    {"networkerror", kAnyStage, "",
     "host not found, try again|name lookup failure|lookup failed temporarily"},
    {"hostunknown", kAnyStage, "", kNoHost},
    {"hostunknown", kRcpt | kUnknown, "1.2", ""},
    {"filtered", kAnyStage, "", kFiltered},
    // The recipient does not exist: said in reply to RCPT, by a directory, or by a status code.
    {"userunknown", kAnyStage, "", kNoUserForSure},
    {"userunknown", kRcpt, "1.*|2.1|2.0|4.1|5.*|0.0|3.0|7.1|7.0|7.17|", kNoUser},
    {"userunknown", kAnyStage, "1.0|1.1|1.3|1.10", kNoUser},
    {"userunknown", kAnyStage, "4.1", "recipient address rejected: access denied"},
    {"spamdetected", kAnyStage, "", kSpam},
    {"securityerror", kAnyStage, "", kSecurity},
    {"filtered", kAnyStage, "2.1|2.0|7.1|0.0|3.0|5.0|", kNoUser},
    {"policyviolation", kAnyStage, "", kPolicy},
    {"expired", kAnyStage, "4.7|4.316", ""},
    {"expired", kAnyStage, "", kExpired},
    {"networkerror", kAnyStage, "", kNetwork},
    {"blocked", kAnyStage, "", kBlocked},
    {"toomanyconn", kAnyStage, "", kRate},
    {"contenterror", kAnyStage, "", kContent},
    {"mailererror", kAnyStage, "", kMailer},
    {"syntaxerror", kAnyStage, "", kSyntax},
    {"systemerror", kAnyStage, "", kSystem},
    {"rejected", kConnect | kMail, "", ""},
    {"userunknown", kRcpt, "1.*|2.*|0.0|5.*|7.1|",
     "address rejected|recipient rejected|rejected recipient"},
    // The status code alone.
    {"userunknown", kRcpt | kUnknown, "1.0|1.1|1.3|1.10", ""},
    {"userunknown", kRcpt, "4.1", "access denied"},
    {"notaccept", kAnyStage, "3.2", ""},
    {"hostunknown", kAnyStage, "1.2|4.310", ""},
    {"rejected", kAnyStage, "", "rejected|denied|refused|not allowed"},
    {"filtered", kAnyStage, "1.*|2.0", ""},
    {"suspend", kAnyStage, "2.1", ""},
    {"systemfull", kAnyStage, "3.1", ""},
    {"mesgtoobig", kAnyStage, "3.4", ""},
    {"systemerror", kAnyStage, "3.*", ""},
    {"networkerror", kAnyStage, "4.0|4.1|4.2|4.3|4.4|4.6", ""},
    {"expired", kAnyStage, "4.*", ""},
    {"mailererror", kAnyStage, "2.*", ""},
    {"syntaxerror", kAnyStage, "5.*", ""},
    {"contenterror", kAnyStage, "6.*", ""},
    {"securityerror", kAnyStage, "7.*", ""},
};
// clang-format on

template <typename Fits>
bool AnyOf(std::string_view alternatives, Fits fits) {
  for (size_t at = 0; at <= alternatives.size();) {
    const size_t end = std::min(alternatives.find('|', at), alternatives.size());
    if (fits(alternatives.substr(at, end - at))) return true;
    at = end + 1;
  }
  return false;
}

// Without its class: a temporary and a permanent failure have the same reasons.
bool HasStatus(std::string_view patterns, std::string_view status) {
  const std::string_view detail = status.size() > 2 ? status.substr(2) : std::string_view();
  return AnyOf(patterns, [detail](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == detail;
    return detail.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool IsHardReason(std::string_view reason) {
  return reason == "userunknown" || reason == "hostunknown" || reason == "hasmoved" ||
         reason == "notaccept";
}

bool IsAddressCharacter(char c) {
  return uint8_t(c) > ' ' && c != '<' && c != '>' && c != '(' && c != ')' && c != '[' && c != ']' &&
         c != ',' && c != ';' && c != '"';
}

// What one run of characters without a space is to a reader of words.
bool IsMeaningless(std::string_view token) {
  if (token.find('@') != std::string_view::npos || token.find("://") != std::string_view::npos ||
      token.starts_with("www.")) {
    return true;
  }
  // A host name or an address: dots inside, and no other punctuation; "err.nosuchuser" and
  // "resolver.adr.recipnotfound" have no digit, hyphen or known end.
  const size_t dots = size_t(std::ranges::count(token, '.'));
  const bool code =
      token.size() >= 4 && token[0] >= '2' && token[0] <= '5' && token[3] == '-' &&
      std::all_of(token.begin(), token.begin() + 3, [](char c) { return c >= '0' && c <= '9'; });
  if (code) return token.find('.') != std::string_view::npos || token.size() == 4;
  if (dots < 1 || token.back() == '.' || token.front() == '.') return false;
  constexpr std::string_view kTops[] = {
      ".com", ".net", ".org", ".jp",  ".de", ".fr",   ".uk",   ".ru",      ".cn",     ".br",
      ".it",  ".eu",  ".edu", ".gov", ".io", ".info", ".test", ".example", ".invalid"};
  if (std::ranges::any_of(kTops, [token](auto top) { return token.ends_with(top); })) return true;
  return std::ranges::all_of(token, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

}  // namespace

std::string PlainWords(std::string_view text) {
  const std::string lower = Lower(text);
  std::string words;
  words.reserve(lower.size());
  for (size_t at = 0; at < lower.size();) {
    if (uint8_t(lower[at]) <= ' ') {
      if (!words.empty() && words.back() != ' ') words += ' ';
      ++at;
      continue;
    }
    if (!IsAddressCharacter(lower[at])) {
      if (lower[at] != '<' && lower[at] != '>' && lower[at] != '"') words += lower[at];
      ++at;
      continue;
    }
    size_t end = at;
    while (end < lower.size() && IsAddressCharacter(lower[end])) ++end;
    const std::string_view token = std::string_view(lower).substr(at, end - at);
    if (!IsMeaningless(token)) words += token;
    at = end;
  }
  return words;
}

BounceReason ReasonFor(const BounceFacts& facts) {
  const Phrases words(PlainWords(facts.words));
  const bool temporary = facts.status.starts_with('4') ||
                         (facts.status.empty() && facts.code >= 400 && facts.code < 500);
  for (const Rule& rule : kRules) {
    if ((rule.stages & Bit(facts.stage)) == 0) continue;
    if (!rule.statuses.empty() && !HasStatus(rule.statuses, facts.status)) continue;
    if (!rule.phrases.empty() && !words.Have(rule.phrases)) continue;
    return {rule.reason, IsHardReason(rule.reason) && !temporary};
  }
  return {};
}

}  // namespace egd::mime
