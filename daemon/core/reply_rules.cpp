#include "daemon/core/reply_rules.h"

namespace egd::core {
namespace {

using enum Refused;
constexpr Evidence kClear = Evidence::kClear;
constexpr Evidence kHint = Evidence::kHint;
constexpr bool kPasses = true;
constexpr bool kStays = false;

// Phrases are from the providers' postmaster pages and from the texts that Postfix, Exim, Sendmail,
// qmail, Exchange, Domino, MDaemon, Communigate, Zimbra, cPanel and Plesk ship with; in English,
// and in the languages of the large European providers. A name that is not obvious says whose it
// is.
// clang-format off: a table reads best as a table
constexpr PhraseRule kPhraseRules[] = {
    // ---- It does not know itself.
    {"unclear-said", kUnclear, kClear, "undefined", kStays,
     "the reply names several possible reasons",
     "account or domain may not exist|may be blacklisted|may be blocked|unknown error|unspecified "
     "error"
     "|unknown reason|no reason given|unable to correctly read the forwarding|dd requested mail "
     "action aborted"},

    // ---- The return-path.
    {"sender-refused", kReturnPath, kClear, "rejected", kStays, "the return-path is refused",
     "sender address rejected|sender address reject*|sender address ~ null mx|sender ~ null "
     "mx|badmailfrom|badsendermx|unroutable sender|returned mail not accepted|domain may not "
     "exist|sender address is not allowed|not owned by|sender verif* fail*|sender verif* error"
     "|sender ~ could not be verified|sender cannot be verified|could not verify sender|cannot "
     "verify sender|unable to verify sender"
     "|verification failed for|callback setup failed|sender callout|sender callback|callout "
     "verification"
     "|invalid sender|sender invalid|bad sender|sender is invalid|sender address ~ invalid|sender "
     "address ~ not valid|sender address ~ does not exist"
     "|sender address unknown|unknown sender|sender unknown|sender does not exist|sender not "
     "found|sender not exist*"
     "|domain of sender address ~ does not exist|domain of sender ~ does not resolve|sender domain "
     "must resolve|sender domain must exist"
     "|sender domain ~ does not exist|sender domain not found|sender domain not exist*|sender "
     "domain ~ not resolve*|sender domain ~ could not be resolved"
     "|sender domain is not valid|sender domain ~ invalid|cant resolve sender|cannot resolve "
     "sender|cannot find your domain|cannot resolve your domain"
     "|unresolvable rfc from|unresolvable ~ from domain|unresolvable sender|unresolvable domain"
     "|domain ~ mail from ~ does not exist|mail from domain ~ not exist*|mail from domain ~ "
     "invalid|mail from ~ no mx|from domain ~ no mx|sender ~ no mx|sender has no a|no valid mx ~ "
     "sender"
     "|mail from address ~ invalid|mail from address rejected|invalid mail from|envelope sender ~ "
     "reject*|envelope sender ~ invalid|envelope sender ~ not valid|envelope sender ~ not "
     "exist*|envelope sender blocked"
     "|return path ~ invalid|return path ~ not valid|return path ~ not exist*|return address ~ "
     "invalid|reverse path ~ not|reverse path ~ invalid|malformed sender|malformed return path"
     "|invalid dns mx|dns mx ~ sender|sender mx|emetteur invalide|adresse emetteur|adresse ~ "
     "expediteur ~ invalide|expediteur ~ inconnu|expediteur ~ invalide|expediteur ~ refuse"
     "|absender ~ ungultig*|absenderadresse ~ ungultig*|absender ~ abgelehnt|absenderadresse ~ "
     "abgelehnt|absender ~ unbekannt|absenderdomain"
     "|remitente ~ invalido|remitente ~ rechazado|remetente ~ invalido|remetente ~ "
     "rejeitado|mittente ~ non valido|mittente ~ rifiutato|mittente ~ inesistente"
     "|null sender|empty sender|bounce ~ not accepted here|does not like ~ sender|domain of "
     "sender"},
    {"sender-doubted", kReturnPath, kHint, "rejected", kStays, "the return-path is refused",
     "sender rejected|sender denied|sender refused|sender not accepted|sender not allowed|sender "
     "is not allowed|return path|reverse path"},

    // ---- The mailbox, for now.
    {"mailbox-full", kMailboxForNow, kClear, "mailboxfull", kStays, "the mailbox is full",
     "mailbox ~ full|inbox ~ full|mailfolder ~ full|mail box ~ full|maildir ~ full|account ~ is "
     "full|user is full|over quota|overquota|over its quota|over their quota"
     "|over his quota|quota ~ exceed*|exceed* ~ quota|quota ~ full|out of quota|quota "
     "violation|quota ~ reached|quota ~ overdrawn|over disk quota|disk quota|recipient quota|user "
     "quota|mailbox quota|insufficient quota|quota limit"
     "|exceed* storage|exceed* ~ storage allocation|storage ~ exceed*|storage quota|exceeded ~ "
     "mailbox size|mailbox ~ exceed*|exceeds mailbox|mailbox size limit|mailbox limit"
     "|storage limit|out of storage|insufficient storage|not enough storage|no storage "
     "space|storage space|not enough space ~ mailbox|no space left ~ mailbox|mailbox ~ no ~ "
     "space|not enough disk space ~ user|mailbox ~ over ~ limit|over ~ mailbox limit|over ~ size "
     "limit"
     "|too much mail data|account ~ exceeded ~ space|account ~ over ~ "
     "limit|mailboxfull|quotaexceeded|recipientquotaexceeded|storagequota|mailbox is too large"
     "|boite ~ pleine|boite ~ saturee|quota depasse|quota ~ atteint|postfach ~ voll|postfach ~ "
     "uberfullt|mailbox ~ voll|speicherplatz|kontingent ~ erschopft|quote ~ uberschritten"
     "|casella ~ piena|casella ~ esaurita|quota ~ superata|buzon ~ lleno|buzon ~ llena|cuota ~ "
     "excedida|cuota ~ superada|caixa ~ cheia|cota ~ excedida|espaco ~ excedido"
     "|postvak ~ vol|postbus ~ vol|skrzynka ~ pelna|skrzynka ~ przepelniona|schranka ~ "
     "plna|megtelt|ofr_417|lpn007_417"},
    {"mailbox-busy", kMailboxForNow, kClear, "speeding", kPasses,
     "the mailbox gets mail faster than its server lets it",
     "receiving mail at a rate|receiving mail too quickly|receiving mail too fast|received too "
     "many messages ~ recipient|user ~ receiving too many|recipient ~ exceeded ~ rate|recipient ~ "
     "message rate|recipient rate limit*|recipient ~ rate limit*"
     "|limit for message recipients|recipient ~ daily limit|recipient ~ received too "
     "many|recipient ~ too many messages|mailbox ~ receiving ~ rate|recipient ~ receive "
     "limit|recipient ~ receiving limit|too many messages ~ to this recipient|too many messages "
     "for this recipient|exceeded ~ limit ~ recipient"
     "|inbound rate limit ~ recipient|account ~ receiving ~ rate|too much mail ~ this user|user is "
     "receiving|organization queue quota"},
    {"mailbox-disabled", kMailboxForNow, kClear, "suspend", kStays, "the mailbox is disabled",
     "deactivated mailbox|user suspended|suspend the service|currently suspended|mailbox "
     "unavailable or access denied|account ~ disabled|mailbox ~ disabled|user ~ disabled|disabled "
     "recipient|recipient ~ disabled|address ~ disabled|account is inactive|account inactive|that "
     "you tried to reach is inactive|mailbox is inactive|mailbox inactive|mailbox ~ "
     "inactivity|inactive recipient|inactive user|inactive account|inactive mailbox|inactive "
     "email|user is inactive|user inactive|recipient ~ inactive"
     "|recipient address rejected inactive|account ~ suspended|mailbox ~ suspended|user ~ "
     "suspended|recipient ~ suspended|email address ~ suspended|domain ~ suspended|suspended "
     "account|suspended user|account ~ locked|mailbox ~ locked|user ~ locked|mailbox ~ "
     "frozen|account ~ frozen|mailbox ~ blocked|recipient account is blocked|account ~ is "
     "blocked|account has been blocked|account blocked|account ~ deactivated|mailbox ~ "
     "deactivated|user ~ deactivated"
     "|account ~ not active|user ~ not active|mailbox ~ not active|not activated|account ~ not "
     "activated|account ~ expired|mailbox ~ expired|account ~ on hold|user is on vacation ~ not "
     "accepting|account ~ temporarily unavailable|mailbox ~ temporarily|mailbox "
     "temporarily|temporarily disabled|temporary locked|temporarily locked"
     "|account has been closed|account is closed|account closed|account ~ terminated|user ~ "
     "terminated|account not available|account ~ not available|recipient temporarily "
     "unavailable|account inbounds disabled|account ~ discontinued|mailbox ~ not currently "
     "available|mailbox ~ being moved|mailbox is being|currently not accepting|not currently "
     "accepting|is not accepting mail|not accepting messages"
     "|compte ~ bloque|compte ~ desactive|compte ~ suspendu|compte ~ ferme|konto ~ gesperrt|konto "
     "~ deaktiviert|postfach ~ gesperrt|postfach ~ deaktiviert|account ~ sospeso|casella ~ "
     "disabilitata|casella ~ sospesa|cuenta ~ desactivada|cuenta ~ suspendida|cuenta ~ "
     "bloqueada|conta ~ desativada|conta ~ suspensa|conta ~ bloqueada|konto ~ "
     "zablokowane|lpn007_426|ofr_426"
     "|recipient unavailable|recipient ~ is unavailable|recipient temporarily unavailable|user "
     "temporarily|user ~ temporarily unavailable|unable to deliver ~ at this time"},

    // ---- The tenant's domain.
    {"domain-authentication", kSenderDomain, kClear, "authfailure", kStays,
     "the sending domain's authentication failed",
     "dmarc|sending domain ~ does not pass dmarc|spf ~ fail*|fail* spf|failed ~ spf|spf check|spf "
     "record|spf hard*|spf policy|spf validation|spf softfail|spf permerror|spf temperror|spf "
     "error|spf unauthorized|spf ~ reject*|spf ~ not pass|not permitted by spf|not authorized by "
     "spf|sender policy framework|why ~ spf|openspf|mi spf|dkim ~ fail*|fail* ~ dkim|dkim ~ "
     "invalid|dkim ~ not pass|dkim signature|no dkim|dkim check|dkim policy|bad dkim|adsp"
     "|sender is unauthenticated|unauthenticated email|unauthenticated mail|unauthenticated "
     "message|unauthenticated sender|not authenticated ~ domain|does not have authentication "
     "information|fails to pass authentication|fails authentication|failed authentication "
     "checks|authentication checks|not pass authentication|requires all senders to "
     "authenticate|email authentication|sender authentication|senderid|sender id|purported "
     "responsible"
     "|is not authorized to send ~ domain|not authorized to send mail ~ domain|not allowed to send "
     "mail for|not allowed to send ~ from|not permitted to send ~ domain|not permitted sender|not "
     "a permitted sender|no authorized ~ domain|domain ~ does not allow|domain does not "
     "permit|domain owner discourages"},
    {"domain-reputation", kSenderDomain, kClear, "badreputation", kStays,
     "the sending domain's reputation is bad",
     "reputation of the sending domain|reputation of the domain|reputation of your "
     "domain|reputation of ~ domain|domain reputation|domain ~ reputation|domain has ~ "
     "reputation|low reputation domain|sending domain ~ blocked|sending domain ~ block*|sending "
     "domain ~ listed|sending domain ~ suspicious|domain is listed|domain ~ is listed|domain "
     "listed|domain ~ blacklist*|blacklist* ~ domain|domain ~ blocklist*|domain ~ block "
     "list*|blocked ~ sender domain|sender domain ~ block*|sender domain listed|sender domain "
     "is|sender domain ~ reject*|sender domain ~ denied|your domain ~ block*|your domain ~ "
     "reject*|from domain ~ listed|from domain ~ block*|mailfrom domain|domain is on ~ list|domain "
     "~ on ~ blocklist|banned ~ domain|banned sending domain|domain ~ banned|domain based|sender "
     "address ~ blocked using|sender address ~ listed|sender address ~ dbl|domain age|newly "
     "registered|new domain|day old bread|domain too new|domain was recently registered|fresh "
     "domain|rhsbl|blocked using dbl|listed ~ dbl ~ domain|helo ~ dbl ~ domain|s8002"},
    {"domain-rate", kSenderDomain, kClear, "speeding", kPasses,
     "the server is rate-limiting the sending domain",
     "originating from your spf domain|originating from your dkim domain|originating from your "
     "domain|from your ~ domain ~ rate limit*|rate ~ from your domain|sent from your domain ~ "
     "rate|domain frequency limit*|too many messages from ~ domain|domain ~ rate limit*|domain ~ "
     "sending limit|domain ~ exceeded|emails from your domain"},
    {"domain-doubted", kSenderDomain, kHint, "authfailure", kStays, "the sending domain is refused",
     "spf|dkim|arc|your domain|sending domain|sender domain|unauthenticated|domain "
     "reject*|authentication results|s8001"},

    // ---- This message.
    {"content-link", kContent, kClear, "spamdetected", kStays,
     "a link or part of the message is refused",
     "link ~ listed|links ~ listed|link ~ block*|url ~ listed|url ~ block*|url ~ blacklist*|urls ~ "
     "listed|url in ~ message|url in this|url in your|url in the|urls in|uri ~ listed|uri ~ "
     "block*|uri ~ blacklist*|uri in|uribl|surbl|urlbl|listed ~ dbl|blacklisted url|blacklisted "
     "uri|malicious url|malicious link|suspicious link|suspicious url|bad url|blocked url|unsafe "
     "link|message contains ~ url|message contains ~ link|body contains|contains a link|contains ~ "
     "domain ~ listed|domain in ~ message|domain found in|domain in ~ body|links to"},
    {"content-virus", kContent, kClear, "virusdetected", kStays, "the message is taken for malware",
     "virus detected|virus found|virus signature|contains ~ virus|virus ~ message|message ~ "
     "infected|infected message|infected attachment|infected with|spam or virus|contains ~ "
     "malware|malware detected|message ~ malware|trojan|phishing|phish|clamav|ransomware|malicious "
     "message|malicious content|malicious attachment|dangerous content|potentially harmful"},
    {"content-attachment", kContent, kClear, "securityerror", kStays, "an attachment is refused",
     "illegal attachment|attachment ~ block*|attachment ~ not allowed|attachment ~ not "
     "accepted|attachment ~ reject*|attachment ~ forbidden|attachment ~ prohibited|attachment "
     "type|attachments ~ not allowed|blocked attachment|banned attachment|banned file*|file type ~ "
     "not allowed|prohibited attachment|forbidden attachment|executable attachment|executable "
     "file*|extension ~ not allowed|extension ~ block*|attachment ~ security|password "
     "protected|encrypted archive|encrypted attachment"},
    {"content-spam", kContent, kClear, "spamdetected", kStays, "the message is taken for spam",
     "message is likely unsolicited|recurrent pattern|mass mailer|too much spam|spam block|banned "
     "content|unacceptable content|antispam check*|no spam please|nature of the content|content "
     "and or the links|content examination|content presents|security issue|suspicion of spam|spam "
     "url|spam like|scored too high|mail content|error content|message is likely spam|message "
     "looks like spam|looks like spam|message is spam|is spam|is considered spam|considered ~ "
     "spam|as spam|like spam|appears to be spam|identified ~ spam|classified ~ spam|detected ~ "
     "spam|spam ~ detected|spam message|spam mail|spam content|contains spam|spam email|high "
     "probability of spam|probability of spam|probable spam|possible spam|suspected spam "
     "message|spam score|spam filter|spam threshold|spam policy|per spam|spam classification|spam "
     "test|spam rejected|spam refused|spam blocked|spam found|spam check*|spam "
     "engine|spamassassin|rspamd|spam assassin|spam points|scored as spam|antispam ~ "
     "message|flagged as|marked as|message ~ unsolicited|unsolicited bulk|unsolicited "
     "commercial|bulk email ~ message|message content reject*|message content|content "
     "reject*|content is not|content ~ not allowed|content denied|content block*|content "
     "filter*|content restriction|content unacceptable|content violation|contents ~ "
     "rejected|message filtered|mail filtered|email filtered|filtered as|body rejected|body ~ "
     "reject*|subject ~ reject*|subject ~ block*|header ~ spam|message was rejected by "
     "content|high spam|too spammy|spammy|junk mail|junk "
     "email|ube|uce|bayes|dcc|pyzor|razor|cloudmark ~ message|csi ~ message|cmae|dt spm|mi spb|dt "
     "spam|message ~ fingerprint|bulk ~ message ~ detected"
     "|messages like this|similar message|similar to messages|message ~ complained|email is "
     "likely|mail is likely|blocked by spam|eo spam|mail content denied|ph01|policy reasons ~ "
     "content|mail rejete|message ~ indesirable|pourriel|als spam|spamverdacht|spam verdacht|spam "
     "erkannt|come spam|como spam|contenido ~ rechazado|conteudo ~ rejeitado|jako spam|wykryto "
     "spam|ofr_506|lpn007_506"},
    {"content-size", kContent, kClear, "mesgtoobig", kStays, "the message is too large",
     "message ~ too large|message ~ too big|message too large|mail too large|mail ~ too "
     "big|message size exceed*|message file too big|message ~ exceeds ~ size|size exceeds|exceeds "
     "~ maximum ~ size|exceed* ~ message size|exceed* ~ size limit|exceeds size|maximum message "
     "size|message length exceed*|message exceeds|maximum email size|maximum mail size|email size "
     "exceeded|larger than|too long message|size limit exceeded|fixed maximum|fixed "
     "limit|recipsizelimit|sendersizelimit|messagetoolarge|content too large|content length "
     "exceed*|header* too large|headers too large|header size|taille ~ message|nachricht ~ zu "
     "gross|messaggio ~ troppo grande|mensaje ~ demasiado grande|mensagem ~ muito grande"},
    {"content-size-recipient", kContent, kClear, "exceedlimit", kStays,
     "the message is larger than the recipient takes",
     "recipsizelimit|resolver rst recipsizelimit|message too large for this recipient|message "
     "length exceeds limit set by recipient|limit set by recipient"},
    {"content-form", kProtocol, kClear, "notcompliantrfc", kStays, "the message's form is refused",
     "rfc compliant|not rfc|non rfc|rfc ~ compliant|messagenoncompliant|missing a valid address in "
     "from|no from header|missing from|from header ~ missing|multiple addresses in from|multiple "
     "from|multiple subject|missing ~ header|header ~ missing|missing message id|invalid message "
     "id|missing date|invalid date|duplicate header*|malformed header*|malformed message|malformed "
     "mime|malformed address|malformed content|bad header*|invalid header*|header "
     "syntax|syntactically invalid header|header error|header line|bare lf|bare linefeed|bare "
     "newline|bare cr|stray newline|line too long|lines longer|line length|too long line|exceeds "
     "maximum line|mime structure|mime nesting|invalid mime|improper use of 8 bit|8 bit data "
     "in|non ascii ~ header|raw 8bit|badly formatted|from header ~ invalid|single from|not a valid "
     "message|invalid message"},

    // ---- Us.
    {"us-listed", kUs, kClear, "blocked", kPasses, "the server blocks our address or host",
     "client host ~ block*|client host reject*|client host ~ denied|client ~ blocked using|client "
     "~ block*|client ~ reject*|client ~ listed|client ~ denied|client address ~ block*|blocked "
     "using|blocked by ~ rbl|blocked by ~ dnsbl|found in ~ dnsbl|listed in ~ dnsbl|listed "
     "at|listed on|listed by|is listed in|currently listed|host ~ is listed|host ~ blacklist*|host "
     "~ blocklist*|host ~ block list*|host is block*|host block*|host ~ has been block*|your host "
     "~ block*|your host ~ not allowed|your host ~ denied|your host ~ reject*|host ~ not allowed "
     "to connect|host not allowed|server ~ blacklist*|server ~ blocklist*|server ~ block list|mail "
     "server ~ blocked|your server ~ block*|your mail server ~ block*|sending server ~ block*"
     "|ip address ~ block*|ip address ~ blacklist*|ip address ~ listed|ip address ~ reject*|ip "
     "address ~ denied|ip address ~ banned|ip address ~ not allowed|ip address ~ suspicious|ip is "
     "block*|ip is listed|ip is blacklist*|ip is reject*|ip is on|ip ~ blacklist*|ip ~ "
     "blocklist*|ip ~ block list*|ip block*|ip ~ is blocked|ip ~ has been block*|ip ~ was "
     "block*|ip ~ banned|ip ~ denied|ip ~ rejected|ip ~ refused|ip based|your ip|sending ip|source "
     "ip|sender ip|from ip ~ block*|from your ip|originating ip|connecting ip|banned sending "
     "ip|banned ip|blocked ip|blacklisted ip|address ~ is block listed|adresse ip ~ bloquee|ip ~ "
     "bloquee|direccion ip ~ bloqueada|endereco ip ~ bloqueado|ip adresse ~ gesperrt|ip adresse ~ "
     "blockiert|indirizzo ip ~ bloccato"
     "|messages from ~ werent sent|messages from ~ deferred|message from ~ deferred|connections "
     "will not be accepted from|because the ip is in|blocked see|refused see|confirm this mail "
     "server|hosts with dynamic|invalid ip for sending|blacklisted by|in a black list at|no access "
     "from mail server|not allowed to connect|you are sending spam|smtp server of your isp|listed "
     "as abusive|suspected spam ip|connection denied|ip not in whitelist|ip youre using|ip you are "
     "using|access to submit messages|access to this mail system|infected "
     "server|compromised|namespace mining|exhibited|a block has been placed|ers dul|ers rbl|ers "
     "qil|block* using trend|ip source|host network|client has been block*|mail refused ~ "
     "ip|messages from ~ permanently deferred|part of their network|on our block list|our "
     "blacklist|our blocklist|block for spam|blocked for spam|blocked for abuse|blocked due to "
     "spam|blocked for spamming|sender blocked ~ ip|suspected spam sender|spam source|source of "
     "spam|spam sender|known spammer|spammer|open relay ~ listed|open proxy|dynamic ip|dynamic "
     "address|dynamic pool|dial up|dialup|residential|spamhaus pbl|spamhaus xbl|spamhaus "
     "sbl|rbl|dnsbl|rblserver|realtime block*|real time block*|realtime "
     "blackhole|spamhaus|spamcop|sorbs|uceprotect|abuseat|barracudacentral|senderscore|invaluement|"
     "mailspike|psbl|cbl|s3140|s3150|s3113|s3114|ts03|tss09|tss11|cdrbl|aup|banned sending|access "
     "denied ~ banned|connection ~ blocked|connection ~ banned|not accepted from this|we do not "
     "accept mail from|not accept mail from your|dont accept mail from|connections not accepted "
     "from|your network|your subnet|your provider|your isp|delist*|removed from this list|removal "
     "from this list|removed from the list|unblock*|rl 001 block*|rlsn"},
    {"us-reputation", kUs, kClear, "badreputation", kPasses,
     "the server refuses our address for its reputation",
     "ip reputation|reputation of the sending ip|reputation of your ip|reputation of the "
     "ip|reputation of ~ ip|ip ~ reputation|ip ~ poor reputation|none bad reputation|host ~ "
     "reputation|server ~ reputation|client ~ reputation|sender base|senderbase|your address has ~ "
     "reputation|hl rep|poor reputation|bad reputation on|email reputation|sender "
     "reputation|talos|reputation service|untrusted ip|new or untrusted|unexpected volume or user "
     "complaints|user complaints|complaint rate|spam complaints|tss04|tss05|tss06|ip ~ low "
     "trust|ip ~ bad score|network reputation|mailfrom ~ ip"},
    {"us-name", kUs, kClear, "requireptr", kPasses,
     "the server refuses our host name or reverse DNS",
     "ptr record|ptr records|connections not accepted from servers without|no ptr|dns ptr|bad "
     "ptr|invalid ptr|missing ptr|ptr ~ missing|ptr ~ not|without ptr|reverse dns|rdns|reverse "
     "lookup|reverse hostname|reverse ~ lookup|reverse name|reverse mapping|cannot find your "
     "reverse|cannot find your hostname|find your hostname|unknown client|client hostname|forward "
     "confirmed|fcrdns|does not resolve ~ ip|mismatches client|hostname ~ does not match|no "
     "reverse|helo ~ reject*|helo command rejected|helo ~ invalid|invalid helo|bad helo|ehlo ~ "
     "reject*|helo ~ resolve|helo name|helo hostname|ehlo hostname|helo ~ access denied|helo "
     "mismatch|generic ~ hostname|generic rdns|host name ~ not resolve*|hostname ~ not "
     "resolve*|host lookup|resolve your hostname|does not have a valid dns"},
    {"us-rate", kUs, kClear, "speeding", kPasses, "the server is rate-limiting us",
     "unusual rate|unusual sending|exceeded the rate limit|exceeded the connection limit|has "
     "exceeded permitted limits|throttled|unsolicited mail originating from your ip|rate ~ "
     "originating from your ip|ip ~ rate limit*|rate limit* ~ ip|server ~ rate limit*|mail server "
     "~ rate limited|sender frequency limited|sender frequency limit*|frequency limited|frequency "
     "limit*|sending rate|sending limit|sending quota|sender quota|daily user sending|daily "
     "sending|daily message limit|hourly limit|hourly quota|messages per hour|messages per "
     "day|messages per minute|emails per hour|emails per day|too many messages from ~ ip|received "
     "too many messages from|too many messages from ~ host|too many messages from your|too many "
     "emails from|too much mail from|sent too many|sending too many|sending too fast|sending too "
     "much|send too fast|messages too fast|too fast|slow down|throttl*|you have exceeded|you "
     "exceeded|you have sent too many|exceeded the ~ rate|exceeded ~ rate limit|your rate|message "
     "rate ~ too high|rate ~ too high|mail rate|connection rate|too many invalid recipients|too "
     "many unknown recipients|too many bad recipients|too many unknown users|too many "
     "invalid|directory harvest|harvest attack|dictionary attack|mi cel|mi dmc|mi sfq|mi stc|rp "
     "cel|rp trc|rp qrc|rp drc|ofr_104|ofr_108|ofr004_104|lpn007_109|deferred ~ volume|unusual ~ "
     "traffic|unusual volume|excessive volume|excessive rate|excessive email|excessive "
     "number|policyd"},
    {"us-connections", kUs, kClear, "toomanyconn", kPasses,
     "the server takes no more connections from us",
     "too many connections|connection frequency limited|ip frequency limited|connection "
     "frequency|too many concurrent|too many simultaneous|too many sessions|too many "
     "open|connection limit|connections limit|concurrent connections|concurrent "
     "sessions|concurrent smtp|maximum ~ connections|max ~ connections|connection ~ limit "
     "exceeded|trop de connexions|zu viele verbindungen|troppe connessioni|demasiadas "
     "conexiones|muitas conexoes|hl icc|hl ifc|connection count|exceeded ~ connections|connections "
     "from ~ ip|ofr_102"},
    {"us-doubted", kUs, kHint, "blocked", kPasses, "the server distrusts us",
     "blacklist*|blocklist*|block list*|black list*|blacklisted|reputation|rate "
     "limit*|ratelimit*|rate exceeded|too many messages|too many emails|too much mail|too many "
     "errors|message limit|abuse|server busy|listed|frequency"},

    // ---- Policy.
    {"policy-relay", kPolicy, kClear, "norelaying", kStays,
     "the server does not relay to this address",
     "relay access denied|relaying denied|relay denied|relaying ~ denied|relay not "
     "permitted|relaying not permitted|relay not allowed|relaying not allowed|not allowed to "
     "relay|not permitted to relay|relaying is not|relay is not|unable to relay|cannot relay|do "
     "not relay|does not relay|we dont relay|not relay|not relaying|no relaying|relay "
     "prohibited|relaying prohibited|relay access|open relay not allowed|as a relay|relay "
     "attempt|relaying mail|authentication is required for relay|authentication required for "
     "relay*|refused to relay|relay operation|not a gateway|not in my list of allowed "
     "rcpthosts|allowed rcpthosts|domain isnt in my list|rcpthosts|not one of our domains|not a "
     "local domain|not local domain|not hosted here|we do not host|is not served here|smtp "
     "authentication|smtp auth|client was not authenticated|unauthenticated senders not "
     "allowed|anonymous senders|anonymous client*|sender must be authenticated|authentication "
     "required|must authenticate|auth required|must be authenticated|log in to send|not our "
     "domain|nicht weitergeleitet|weiterleitung ~ verweigert"},
    {"policy-list", kPolicy, kClear, "rejected", kStays,
     "the recipient's side blocks this sender by a list or preference",
     "rejected by recipients|rejected by recipient|rejected by the recipient|refused by "
     "recipient|recipient preferences|refused due to recipient|recipient ~ does not accept mail "
     "from|recipient ~ not accept ~ from you|not accepting mail from you|does not want ~ mail "
     "from|recipient has blocked|blocked by recipient|blocked by the recipient|blocked by "
     "user|user entry|blocked senders|blocked sender|block send*|sender blocked|sender "
     "block*|sender is blocked|sender ~ blacklist*|blacklisted sender|sender ~ blocklist*|sender ~ "
     "on ~ list|senderfilter*|sender ~ block list|sender list|sender denied|denied sender|email "
     "address ~ blacklisted|address ~ is blacklisted|envelope blocked|administrative "
     "prohibition|administratively prohibited|administratively denied|administrator ~ "
     "block*|restricted ~ recipient|recipient ~ restricted|restricted to|only accepts mail "
     "from|only accept* ~ from|not authorized to send to|not authorised to send to|not allowed to "
     "send to|not permitted to send to|permission to send|do not have "
     "permission|authenticationrequired|notauthorized|notauthorised|not in ~ "
     "whitelist|whitelist|white list|challenge|moderated|members only|group ~ not accept|private ~ "
     "list|unauthorized sender|unauthorised sender|sender not authorized|sender is not "
     "authorized|sender not authorised|resolver rst|resolver rst notauthorized|resolver rst "
     "auth*|message filtered by|mail is rejected by recipients|personal blacklist|individual "
     "sender|custom block|envelope rejected"},
    {"policy-spoof", kPolicy, kClear, "policyviolation", kStays,
     "the message is taken for a forgery",
     "spoof*|anti spoof*|antispoof*|forged|forgery|impersonat*|header based|local sender ~ "
     "authenticat*|sender address ~ your domain"},
    {"policy-said", kPolicy, kHint, "policyviolation", kStays, "refused by policy",
     "policy|policies|relay|policy reasons|bounce attacks|mailpolicy|policy "
     "violation|restrictions|prohibited|not permitted|not allowed|not authorized|not "
     "authorised|unauthorized|access denied|denied|administrat*|blocked|security reasons|local "
     "reasons|message not allowed|message refused|go away|forbidden|unwelcome|not "
     "welcome|filtered|refused by|rejected by"},
    {"content-said", kContent, kHint, "spamdetected", kStays, "the content is refused",
     "spam|virus|viruses|malware|infected|message is likely suspicious|unsolicited|bulk mail|bulk "
     "email|ubemail|junk|suspicious|content"},

    // ---- The server's own state.
    {"refused-now", kServer, kClear, "onhold", kPasses, "refused for now",
     "mailbox busy|mailbox is busy|greylist*|graylist*|grey list*|gray "
     "list*|greylisted|postgrey|sqlgrey|try again in|retry in|come back in|please retry "
     "later|deferred ~ first time|temporarily deferred ~ greylist|not yet authorized to "
     "deliver|unverified address|address verification in progress|verification in "
     "progress|recipient verification|callout ~ temporarily|verification ~ temporarily|could not "
     "complete recipient verify|could not complete sender verify|recipient ~ could not be "
     "verified"},
    {"server-full", kServer, kClear, "systemfull", kPasses, "the server has no room",
     "insufficient system|insufficient disk|insufficient system storage|not enough disk|disk "
     "full|disk is full|no space left on device|system resources|out of memory|insufficient "
     "resources|low on disk|server ~ storage|queue ~ full"},
    {"server-trouble", kServer, kClear, "systemerror", kPasses,
     "the server is in trouble of its own",
     "temporary server|temporary system|temporary local|temporary internal|temporary "
     "failure|temporary error|temporary problem|temporary condition|temporarily "
     "unavailable|temporary unavailable|temporary lookup|temporarily unable|temporary domain "
     "failure|temporarily rejected|temporarily deferred|temporary dns|internal server "
     "error|internal error|internal software error|internal system|internal failure|internal "
     "configuration|server error|system error|local error|local problem|local "
     "configuration|configuration error|configuration problem|server configuration|service not "
     "available|service unavailable try|service is unavailable|service is currently "
     "unavailable|service currently unavailable|service temporarily|currently unavailable|server "
     "is unavailable|server not available|system not accepting|not accepting network|not accepting "
     "messages now|not accepting any mail|server ~ overloaded|overloaded|load too high|too "
     "busy|server busy try|system busy|resources temporarily|resource temporarily|try again "
     "later|please try later|try later|try again shortly|come back later|retry later|shutting "
     "down|going down|queue file write|lost connection|connection reset|license expired|error in "
     "processing|processing error|cannot process|unable to process|database ~ unavailable|database "
     "error|ldap|backend|content filter ~ unavailable|lookup failure|lookup failed|maintenance|per "
     "connection|per session|max message per connection|too many messages in this|too many "
     "messages this|delivery error ~ temporar*|recipient error|mailbox lock*|ofr_999|service "
     "refuse*|resourcerestriction|storedrv|too many transactions"},
    {"server-unreachable", kServer, kClear, "networkerror", kPasses,
     "the next server cannot be reached",
     "connection refused|network error|network is unreachable|no route to host|no route|next "
     "hop|nexthop|could not connect|cannot connect|unable to connect|transport ~ failed|connection "
     "~ lost|host is down|unreachable|refused to talk to me"},
    {"expired-said", kServer, kClear, "expired", kPasses, "the delivery took too long",
     "timeout|timed out|connection timed out|time out|message expired|delivery time "
     "expired|delivery expired|message timed out|queue expired|too long in queue|retry time|retry "
     "timeout|could not be delivered for|did not accept our requests to connect"},
    {"mailer-error", kServer, kClear, "mailererror", kPasses,
     "the program that delivers the mail failed",
     "command died|exit status|procmail|lock failure|maildrop|mailer error|error writing "
     "to|command failed|command time limit|delivery agent|pipe to"},
    {"server-doubted", kServer, kHint, "systemerror", kPasses,
     "the server is in trouble of its own",
     "closing transmission|closing connection|closing channel|temporar*|unavailable now|later"},
    {"too-many-recipients", kServer, kClear, "exceedlimit", kPasses,
     "too many recipients for one transaction",
     "too many recipients|too many rcpts|too many rcpt|recipients limit|recipient limit|maximum ~ "
     "recipients|max ~ recipients|exceeded ~ recipients|recipients ~ per message|recipients ~ "
     "exceeded|only one recipient|one recipient at a time"},

    // ---- The protocol.
    {"looping", kProtocol, kClear, "networkerror", kStays, "mail loop detected",
     "too many hops|hop count|too many received|mail loop|loops back|routing loop|loop "
     "detected|mail loops|looping|too many levels"},
    {"protocol-said", kProtocol, kClear, "syntaxerror", kStays,
     "the server did not understand a command",
     "syntax error|command not|command unrecognized|unrecognized command|unrecognised "
     "command|unknown command|command unknown|command rejected|bad sequence|bad command|command "
     "parameter|parameter not|parameters not|not implemented|out of sequence|need mail|need "
     "rcpt|need fully qualified|protocol error|protocol violation|invalid command|invalid "
     "parameter|bad syntax|smtp protocol|pipelining|synchronization|unexpected command|command "
     "out|must issue a starttls|starttls|too many errors|8bitmime|smtputf8|address syntax|too many "
     "protocol errors|improper command"},

    // ---- The recipient's domain.
    {"domain-unknown", kRecipientDomain, kClear, "hostunknown", kStays,
     "the recipient's domain does not exist or has no mail server",
     "werent able to find the recipient domain|not able to find the recipient domain|host "
     "unknown|unknown host|host not found|domain not found|unknown domain|no such domain|domain "
     "does not exist|domain ~ does not exist|domain doesnt exist|host or domain name not "
     "found|name service error|no mail server|no mx|unrouteable mail domain|unroutable mail "
     "domain|unrouteable domain|domain unknown|domain ~ not reachable|domain is not "
     "reachable|domain ~ not exist|nonexistentdomain|infodomainnonexistent|nxdomain|bad "
     "destination host|unable to route|no route to domain|recipient domain ~ not|domain name not "
     "found|mail domain mentioned|unable to find domain|domaine ~ inexistant|domain existiert "
     "nicht|dominio inexistente"},
    {"domain-no-mail", kRecipientDomain, kClear, "notaccept", kStays,
     "the recipient's domain takes no mail",
     "does not accept mail|does not accept email|does not accept any mail|host does not accept "
     "mail|does not receive mail|doesnt receive email according to the administrator|doesnt "
     "receive email|doesnt accept mail|returned null mx|null mx|nullmx|host does not accept|domain "
     "does not accept mail"},

    // ---- The mailbox does not exist.
    {"no-mailbox", kMailbox, kClear, "userunknown", kStays, "the mailbox does not exist",
     "user unknown|mailbox not present|there is no one at this address|no one at this address|no "
     "mail box available|user not known|user ~ not known|badrcptto|no longer accepts mail|no valid "
     "recipient*|recipient is not local|missing home directory|unknown virtual user|unknown "
     "user|users unknown|unknown users|no such user|no such users|no such recipient|no such "
     "mailbox|no such address|no such account|no such person|no such email|no such local|no such "
     "name|no such addressee|no such id|unknown recipient|recipient unknown|unknown "
     "recipients|recipient ~ unknown|unknown account|account unknown|unknown address|address "
     "unknown|unknown mailbox|mailbox unknown|unknown local|unknown local part|unknown "
     "email|unknown address error|unknown or illegal|unknown to|is unknown|user ~ unknown"
     "|recipient not found|recipient ~ not found|mailbox not found|user not found|user ~ not "
     "found|account not found|address not found|email not found|email address ~ not found|mailbox "
     "~ not found|recipientnotfound|recipnotfound|nosuchuser|not found by smtp address "
     "lookup|addressee unknown|addressee not found|not listed in|not in directory|not found in "
     "directory|could not be found|couldnt be found|cannot be found|wasnt found|was not found|not "
     "known here|not known at|is not known"
     "|mailbox ~ does not exist|user ~ does not exist|account ~ does not exist|address ~ does not "
     "exist|recipient ~ does not exist|email ~ does not exist|does not exist here|alias does not "
     "exist|does not exist|doesnt exist|do not exist|dont exist|user not exist*|user ~ not "
     "exist*|mailbox not exist*|recipient not exist*|account not exist*|not exist|mailbox ~ doesnt "
     "exist|user ~ doesnt exist|nonexistent|non existent|non existing|nonexisting|inexistent"
     "|no mailbox here|no mailbox by that name|no mailbox|no user|no user by that name|no account "
     "by that name|no account|no recipient|no local mailbox|not a valid mailbox|not a valid "
     "user|not a valid recipient|not a valid email|not a valid address|is not a valid|not valid "
     "recipient|not a known user|not our customer|not a customer|not a local user|not a local "
     "address|not a user|isnt a valid|not configured to receive|is not a mailbox"
     "|invalid recipient|invalid recipients|recipient invalid|recipient is invalid|recipient "
     "address ~ invalid|invalid mailbox|invalid user|invalid address|invalid email|invalid "
     "account|invalid local part|invalid addressee|address invalid|user invalid|bad destination "
     "mailbox|bad destination|bad recipient|bad address|illegal user|illegal alias|illegal "
     "recipient|incorrect address|wrong recipient|wrong address"
     "|user doesnt have|doesnt have a ~ account|does not have a ~ account|does not have an "
     "account|doesnt have an account|has no mailbox|has no account|no longer exists|no longer on "
     "server|no longer with|no longer available ~ address|no longer valid|no longer in use|no "
     "longer active|user is no longer|has been deleted|account ~ deleted|mailbox ~ deleted|account "
     "~ removed|mailbox ~ removed|has moved|user has moved|user ~ left ~ company|undeliverable "
     "address|unrouteable address|unroutable address|unrouteable user|undeliverable "
     "recipient|address is not configured|recipient ~ rejected user unknown|nonlocal user|not our "
     "user|mailbox name not allowed|user lookup ~ no|deliver to mailbox ~ unknown|adresse "
     "destinataire invalide|destinataire ~ invalide|destinataire ~ inconnu|utilisateur ~ "
     "inconnu|boite ~ inconnue|boite ~ inexistante|adresse ~ inexistante|adresse ~ "
     "inconnue|adresse ~ existe pas|compte ~ inexistant|compte ~ existe pas|utilisateur ~ existe "
     "pas"
     "|benutzer unbekannt|unbekannter benutzer|empfanger unbekannt|unbekannter empfanger|empfanger "
     "~ unbekannt|empfanger existiert nicht|postfach ~ nicht vorhanden|postfach ~ existiert "
     "nicht|adresse ~ existiert nicht|adresse ~ unbekannt|existiert nicht|nicht vorhanden|kein "
     "solcher benutzer|konto ~ existiert nicht|empfangeradresse ~ ungultig|utente ~ "
     "sconosciuto|utente ~ inesistente|destinatario ~ sconosciuto|destinatario ~ "
     "inesistente|casella ~ inesistente|indirizzo ~ inesistente|indirizzo ~ sconosciuto|non "
     "esiste|usuario ~ desconocido|usuario ~ inexistente|usuario ~ no existe|usuario ~ "
     "desconhecido|destinatario ~ desconocido|destinatario ~ inexistente|destinatario ~ "
     "desconhecido|buzon ~ no existe|buzon ~ inexistente|cuenta ~ no existe|no existe|nao "
     "existe|conta ~ inexistente|caixa postal ~ inexistente|endereco ~ inexistente|onbekende "
     "gebruiker|gebruiker ~ onbekend|gebruiker ~ bestaat niet|onbekende ontvanger|bestaat "
     "niet|adres ~ bestaat niet|nieznany uzytkownik|nie ma takiego|uzytkownik ~ nie istnieje|konto "
     "~ nie istnieje|skrzynka ~ nie istnieje|nie istnieje|neznamy uzivatel|uzivatel ~ "
     "neexistuje|neexistuje|ismeretlen|okand anvandare|okand mottagare|finns inte|ukendt "
     "bruger|findes ikke|ukjent bruker|finnes ikke|tuntematon kayttaja|ofr_416|lpn007_416"},
    // Exchange Online's edge, which knows its tenants' mailboxes, and Outlook.com.
    {"mailbox-exchange", kMailbox, kClear, "userunknown", kStays, "the mailbox does not exist",
     "recipient address rejected access denied", "4.1"},
    {"mailbox-outlook", kMailbox, kClear, "userunknown", kStays, "the mailbox does not exist",
     "requested action not taken mailbox unavailable", "5.0"},
};

constexpr CodeRule kCodeRules[] = {
    {"no-mailbox-code", kMailbox, true, "userunknown", kStays, "the mailbox does not exist",
     "1.1|1.6|1.10|1.351"},
    {"mailbox-address-code", kMailbox, false, "userunknown", kStays, "the address is refused",
     "1.0|1.3|1.4"},
    {"mailbox-ambiguous-code", kUnclear, false, "undefined", kStays,
     "the address is refused, and not said why", "1.5|1.9"},
    {"domain-unknown-code", kRecipientDomain, true, "hostunknown", kStays,
     "the server cannot route the address", "1.2|4.310|4.4"},
    {"sender-refused-code", kReturnPath, true, "rejected", kStays, "the return-path is refused",
     "1.7|1.8|7.27"},
    {"mailbox-disabled-code", kMailboxForNow, true, "suspend", kStays, "the mailbox is disabled",
     "2.1|7.13"},
    {"mailbox-full-code", kMailboxForNow, true, "mailboxfull", kStays, "the mailbox is full",
     "2.2"},
    {"mailbox-busy-code", kMailboxForNow, true, "speeding", kPasses,
     "the mailbox gets mail faster than its server lets it", "1.90"},
    {"size-code", kContent, false, "mesgtoobig", kStays, "the message is too large", "2.3|3.4"},
    {"recipient-state-code", kUnclear, false, "undefined", kStays,
     "the recipient is refused, and not said why", "2.*"},
    {"server-full-code", kServer, false, "systemfull", kPasses, "the server has no room", "3.1"},
    {"server-down-code", kServer, false, "systemerror", kPasses, "the server takes no mail now",
     "3.2"},
    {"looping-code", kProtocol, true, "networkerror", kStays, "mail loop detected", "4.6"},
    {"our-quota-code", kUs, true, "speeding", kPasses, "our quota at this server is exhausted",
     "4.5"},
    {"expired-code", kServer, false, "expired", kStays, "the message expired on its way", "4.7"},
    {"too-many-recipients-code", kServer, true, "exceedlimit", kPasses,
     "too many recipients for one transaction", "5.3"},
    {"content-code", kContent, false, "contenterror", kStays, "the content is refused", "6.*"},
    {"domain-authentication-code", kSenderDomain, true, "authfailure", kStays,
     "the sending domain's authentication failed",
     "7.20|7.21|7.22|7.23|7.24|7.26|7.29|7.30|7.31|7.509|7.515"},
    {"us-name-code", kUs, true, "requireptr", kPasses,
     "the server refuses our host name or reverse DNS", "7.25"},
    {"us-rate-code", kUs, true, "speeding", kPasses, "the server is rate-limiting us",
     "7.28|7.650|7.651|7.652|7.508|7.708|7.500|7.501|7.502|7.503|7.705"},
    {"us-listed-code", kUs, true, "blocked", kPasses, "the server blocks our address or host",
     "7.506|7.511|7.512|7.513|7.514|7.60*|7.61*|7.750"},
    {"policy-code", kPolicy, false, "policyviolation", kStays, "refused by policy", "7.*"},
    {"protocol-code", kProtocol, false, "syntaxerror", kStays,
     "the server did not understand a command", "5.*"},
    {"network-code", kRecipientDomain, false, "networkerror", kStays,
     "the server cannot route the address", "4.*"},
};
// clang-format on

}  // namespace

std::span<const PhraseRule> PhraseRules() {
  return kPhraseRules;
}
std::span<const CodeRule> CodeRules() {
  return kCodeRules;
}

}  // namespace egd::core
