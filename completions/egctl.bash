# Completion of egctl for bash. Rendered from the catalogue by "egctl generate"; do not edit.

_egctl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' choices='' verbs='' i name live=()
  local dotted='captured.list captured.raw captured.show inbound.list inbound.raw inbound.retry inbound.show inbound.teach journey.actions.update journey.create journey.get journey.list journeys.delete list.create list.get list.update lists.delete lists.get queue.pause queue.resume queue.retry sender.domains subject.erase subject.erasures subject.export subscriber.create subscriber.get subscriber.subscribe subscriber.unsubscribe subscriber.update subscribers.delete subscribers.get subscribers.import suppression.browse suppression.delete suppression.import suppression.stats user.apikey.create user.apikey.delete user.apikey.list user.create user.current user.login user.logout user.update useremailtemplate.create useremailtemplate.delete useremailtemplate.get useremailtemplate.update useremailtemplates.get users.delete users.get webhook.deliveries webhook.replay webhook.replays webhook.test webhook.listen '
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --url|--api-key-file|--profile|--as-user|--output|-o|--field|--timeout) ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  # A name with a dot may be written as words: "queue pause".
  for ((i++; i < COMP_CWORD; i++)); do
    [[ " $dotted" == *" $command.${COMP_WORDS[i]}"[.\ ]* ]] || break
    command+=.${COMP_WORDS[i]}
  done
  if ((i == COMP_CWORD)); then
    for name in $dotted; do
      [[ $name == "$command".* ]] || continue
      name=${name#"$command".}
      verbs+=" ${name%%.*}"
    done
  fi
  case $previous in
    --api-key-file|--message-file|--message-base64-file|--reply-file|--messages-file|--html-file|--plain-file|--attach|--attachments|--inline|--body-file|--smtp-password-file|--raw-email-file|--raw-email-base64-file|--import-data-file|--email-addresses-bulk-file|--password-file|--file|-f|--check|--config|--backup|--unit)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
  esac
  case $command:$previous in
    *:--output) choices='table json yaml csv raw' ;;
    *:-o) choices='table json yaml csv raw' ;;
    classify:--stage) choices='greeting EHLO STARTTLS MAIL RCPT DATA content' ;;
    classifyhit:--event) choices='open click' ;;
    classifyhit:--method) choices='GET HEAD' ;;
    adddomain:--track-merge) choices='- .' ;;
    addwebhook:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    addwebhook.public:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    aggrevents:--aggregated-field) choices='event recipient-domain tag smtp-code mx-host link day hour message-id' ;;
    exportevents:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    getevents:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    getevents.public:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    sendemail:--content-type) choices='html plain both' ;;
    sendemail:--wait-for) choices='delivery' ;;
    updatedomain:--track-merge) choices='- .' ;;
    updatedomain:--status) choices='Enabled Disabled Suspended' ;;
    inbound.list:--kind) choices='bounce delay success autoreply ignored complaint report unsubscribe dmarc tlsrpt other' ;;
    inbound.teach:--verdict) choices='authfailure badreputation blocked contenterror exceedlimit expired filtered forget hasmoved hostunknown ignore mailboxfull mailererror mesgtoobig networkerror norelaying notaccept notcompliantrfc onhold policyviolation rejected requireptr securityerror spamdetected speeding suspend syntaxerror systemerror systemfull toomanyconn undefined userunknown virusdetected' ;;
    reports:--kind) choices='dmarc tls' ;;
    sender.domains:--domains-response-format) choices='json powermta-bounce-domains powermta-relay-domains' ;;
    subscriber.create:--status) choices='Subscribed Unsubscribed Opt-In Pending Opt-Out Pending' ;;
    subscriber.subscribe:--status) choices='Subscribed Unsubscribed Opt-In Pending Opt-Out Pending' ;;
    subscriber.update:--status) choices='Subscribed Unsubscribed Opt-In Pending Opt-Out Pending' ;;
    subscribers.get:--status) choices='Subscribed Unsubscribed Opt-In Pending Opt-Out Pending' ;;
    subscribers.import:--status) choices='Subscribed Unsubscribed Opt-In Pending Opt-Out Pending' ;;
    user.create:--account-status) choices='Enabled Disabled' ;;
    user.create:--reputation-level) choices='Trusted Untrusted' ;;
    user.create:--permissions) choices='EmailGateway.AddDomain EmailGateway.ManageDomain' ;;
    user.update:--account-status) choices='Enabled Disabled' ;;
    user.update:--reputation-level) choices='Trusted Untrusted' ;;
    user.update:--permissions) choices='EmailGateway.AddDomain EmailGateway.ManageDomain' ;;
    useremailtemplate.create:--content-type) choices='HTML Plain Both' ;;
    useremailtemplate.update:--content-type) choices='HTML Plain Both' ;;
    webhook.deliveries:--result) choices='delivered retrying failed' ;;
    webhook.test:--event) choices='accepted rejected deferred delivery delivered bounce bounced open opened click clicked unsubscribe unsubscribed complaint complained' ;;
    apply:--format) choices='toml yaml json' ;;
    dnsrecords:--format) choices='table bind json terraform terraform-route53 terraform-cloudflare octodns dnscontrol' ;;
    export:--format) choices='toml yaml json' ;;
  esac
  if [[ $choices ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    return
  fi
  # What only the gateway knows.
  if [[ $command && $current != -* ]] || [[ $previous == --profile ]]; then
    mapfile -t live < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    live=("${live[@]%%$'\t'*}")
    if ((${#live[@]})); then
      mapfile -t COMPREPLY < <(compgen -W "${live[*]}" -- "$current")
      return
    fi
  fi
  case $command in
    '') words='backup captured.list captured.raw captured.show checkbulk classify classifyhit accountstats addapi adddomain addsmtp addwebhook addwebhook.public aggrevents batch cancelemail cleardomainqueue dailyseries deleteapi deletedomain deletesmtp deletewebhook deletewebhook.public domainstats exportevents getapis getdomain getdomains getemail getevents getevents.public getsmtps getwebhooks getwebhooks.public listrecipientdomains recipientdomainstats regeneratesigningkey replaceapi rescheduleemail resetsmtppassword rotatedkim sendemail smtprelay updatedomain verifydomain explain inbound-relay-domain-check inbound.list inbound.raw inbound.retry inbound.show inbound.teach journey.actions.update journey.create journey.get journey.list journeys.delete list.create list.get list.update lists.delete lists.get queue queue.pause queue.resume queue.retry reclassify reports retention sender.domains smtpsessions status subject.erase subject.erasures subject.export subscriber.create subscriber.get subscriber.subscribe subscriber.unsubscribe subscriber.update subscribers.delete subscribers.get subscribers.import suppression.browse suppression.delete suppression.import suppression.stats user.apikey.create user.apikey.delete user.apikey.list user.create user.current user.login user.logout user.update useremailtemplate.create useremailtemplate.delete useremailtemplate.get useremailtemplate.update useremailtemplates.get users.delete users.get webhook.deliveries webhook.replay webhook.replays webhook.test apply commands dnsrecords doctor export login webhook.listen top' ;;
    backup) words='--file' ;;
    captured.list) words='--domain-id --message-id --start-from --retrieve-count' ;;
    captured.raw) words='--domain-id --captured-id' ;;
    captured.show) words='--domain-id --captured-id' ;;
    checkbulk) words='--message --message-file --message-base64 --message-base64-file --offline --no-offline' ;;
    classify) words='--reply --reply-file --stage' ;;
    classifyhit) words='--sequence --user-agent --event --ip-address --method --mx-host --seconds-after-delivery' ;;
    accountstats) words='--start-date --end-date --domain-ids' ;;
    addapi) words='--description --domain-id --test --no-test --dry-run --no-dry-run' ;;
    adddomain) words='--domain-name --subdomain --track-prefix --track-merge --track-prefix-disabled --no-track-prefix-disabled --dry-run --no-dry-run' ;;
    addsmtp) words='--domain-id --description --test --no-test --dry-run --no-dry-run' ;;
    addwebhook) words='--domain-id --event --webhook-url --dry-run --no-dry-run' ;;
    addwebhook.public) words='--event --webhook-url --dry-run --no-dry-run' ;;
    aggrevents) words='--domain-id --start-date --end-date --aggregated-field --aggregate-size' ;;
    batch) words='--messages --messages-file --dry-run --no-dry-run --idempotency-key --keep-going --start-line' ;;
    cancelemail) words='--message-id --dry-run --no-dry-run' ;;
    cleardomainqueue) words='--domain-id --dry-run --no-dry-run' ;;
    dailyseries) words='--domain-id --start-date --end-date' ;;
    deleteapi) words='--api-key-id --dry-run --no-dry-run' ;;
    deletedomain) words='--domain-id --dry-run --no-dry-run' ;;
    deletesmtp) words='--smtp-id --dry-run --no-dry-run' ;;
    deletewebhook) words='--webhook-id --domain-id --dry-run --no-dry-run' ;;
    deletewebhook.public) words='--webhook-id --dry-run --no-dry-run' ;;
    domainstats) words='--domain-id --start-date --end-date' ;;
    exportevents) words='--domain-id --start-date --end-date --event --query --journey-id --action-id --limit' ;;
    getapis) words='--domain-id' ;;
    getdomain) words='--domain-id --domain-name' ;;
    getdomains) words='--with-counts --no-with-counts' ;;
    getemail) words='--message-id --start-from --retrieve-count' ;;
    getevents) words='--domain-id --start-from --retrieve-count --start-date --end-date --event --query --journey-id --action-id --after-sequence --follow --interval' ;;
    getevents.public) words='--start-from --retrieve-count --start-date --end-date --event --message-id --journey-id --action-id --after-sequence --follow --interval' ;;
    getsmtps) words='--domain-id' ;;
    getwebhooks) words='--domain-id' ;;
    listrecipientdomains) words='--domain-id --start-date --end-date --limit' ;;
    recipientdomainstats) words='--domain-id --recipient-to-domain --start-date --end-date' ;;
    regeneratesigningkey) words='--domain-id --overlap-seconds --dry-run --no-dry-run' ;;
    replaceapi) words='--domain-id --description --dry-run --no-dry-run' ;;
    rescheduleemail) words='--message-id --send-at --dry-run --no-dry-run' ;;
    resetsmtppassword) words='--smtp-id --dry-run --no-dry-run' ;;
    rotatedkim) words='--domain-id --dry-run --no-dry-run' ;;
    sendemail) words='--subject --content-type --html-content --html-file --plain-content --plain-file --from --to --cc --bcc --reply-to --tags --header --headers --track-links --no-track-links --track-opens --no-track-opens --unsubscribe-link --no-unsubscribe-link --send-at --attach --attachments --inline --template-id --target-list-id --list-id --subscriber-id --journey-id --action-id --dry-run --no-dry-run --body-file --idempotency-key --wait-for --interval' ;;
    smtprelay) words='--smtp-username --smtp-password-file --uu-id --mail-from --rcpt-to --subject --raw-email --raw-email-file --raw-email-base64 --raw-email-base64-file --dry-run --no-dry-run' ;;
    updatedomain) words='--domain-id --link-tracking --no-link-tracking --open-tracking --no-open-tracking --unsubscribe-link --no-unsubscribe-link --hosting-provider --subdomain --track-prefix --track-merge --track-prefix-disabled --no-track-prefix-disabled --status --status-reason --dry-run --no-dry-run' ;;
    verifydomain) words='--domain-id --all --wait --interval --authoritative --dns-server --report' ;;
    explain) words='--message-id --recipient' ;;
    inbound-relay-domain-check) words='--domain' ;;
    inbound.list) words='--kind --understood --no-understood --start-from --retrieve-count' ;;
    inbound.raw) words='--inbound-id' ;;
    inbound.retry) words='--inbound-id --dry-run --no-dry-run' ;;
    inbound.show) words='--inbound-id' ;;
    inbound.teach) words='--phrase --verdict --inbound-id' ;;
    journey.actions.update) words='--journey-id --actions --dry-run --no-dry-run' ;;
    journey.create) words='--name --actions --dry-run --no-dry-run' ;;
    journey.get) words='--journey-id' ;;
    journeys.delete) words='--journeys --dry-run --no-dry-run' ;;
    list.create) words='--subscriber-list-name --dry-run --no-dry-run' ;;
    list.get) words='--list-id' ;;
    list.update) words='--list-id --subscriber-list-name --dry-run --no-dry-run' ;;
    lists.delete) words='--lists --dry-run --no-dry-run' ;;
    queue) words='--limit --destination' ;;
    queue.pause) words='--destination' ;;
    queue.resume) words='--destination' ;;
    queue.retry) words='--destination' ;;
    reclassify) words='--since --dry-run --no-dry-run' ;;
    reports) words='--domain --kind --since' ;;
    retention) words='--dry-run --no-dry-run' ;;
    sender.domains) words='--domains-response-format' ;;
    smtpsessions) words='--domain-id --limit --all --no-all' ;;
    subject.erase) words='--email-address' ;;
    subject.erasures) words='--start-from --retrieve-count' ;;
    subject.export) words='--email-address' ;;
    subscriber.create) words='--list-id --email-address --status --custom-field --custom-fields --update-if-duplicate --no-update-if-duplicate --dry-run --no-dry-run' ;;
    subscriber.get) words='--list-id --subscriber-id' ;;
    subscriber.subscribe) words='--list-id --email-address --ip-address --status --custom-field --custom-fields --fields --update-if-exists --no-update-if-exists --dry-run --no-dry-run' ;;
    subscriber.unsubscribe) words='--list-id --subscriber-id --email-address --dry-run --no-dry-run' ;;
    subscriber.update) words='--list-id --subscriber-id --email-address --status --custom-field --custom-fields --dry-run --no-dry-run' ;;
    subscribers.delete) words='--list-id --subscribers --dry-run --no-dry-run' ;;
    subscribers.get) words='--list-id --status --records-from --records-per-request' ;;
    subscribers.import) words='--list-id --import-data --import-data-file --status --update-if-duplicate --no-update-if-duplicate --dry-run --no-dry-run --start-line' ;;
    suppression.browse) words='--search-pattern --suppression-source --start-from --retrieve-count' ;;
    suppression.delete) words='--email-addresses --email-addresses-bulk --email-addresses-bulk-file --dry-run --no-dry-run' ;;
    suppression.import) words='--email-addresses --email-addresses-bulk --email-addresses-bulk-file --suppression-source --reason --dry-run --no-dry-run --start-line' ;;
    user.apikey.create) words='--note --bound-ip-address --dry-run --no-dry-run' ;;
    user.apikey.delete) words='--api-key-id --dry-run --no-dry-run' ;;
    user.create) words='--email-address --username --password-file --first-name --last-name --company-name --account-status --reputation-level --verified --no-verified --max-sender-domains --monthly-send-limit --send-rate-per-minute --permissions --dry-run --no-dry-run' ;;
    user.login) words='--username --email-address --password-file' ;;
    user.update) words='--user-id --email-address --username --password-file --first-name --last-name --company-name --account-status --reputation-level --verified --no-verified --max-sender-domains --monthly-send-limit --send-rate-per-minute --permissions --dry-run --no-dry-run' ;;
    useremailtemplate.create) words='--email-name --subject --content-type --html-content --html-file --plain-content --plain-file --dry-run --no-dry-run --body-file' ;;
    useremailtemplate.delete) words='--email-id --dry-run --no-dry-run' ;;
    useremailtemplate.get) words='--email-id' ;;
    useremailtemplate.update) words='--email-id --email-name --subject --content-type --html-content --html-file --plain-content --plain-file --dry-run --no-dry-run --body-file' ;;
    users.delete) words='--users --dry-run --no-dry-run' ;;
    users.get) words='--records-from --records-per-request --search-keyword' ;;
    webhook.deliveries) words='--webhook-id --result --sequence --start-from --retrieve-count' ;;
    webhook.replay) words='--webhook-id --sequence --since-sequence --since-time' ;;
    webhook.replays) words='--domain-id --after-replay-id' ;;
    webhook.test) words='--webhook-id --event' ;;
    apply) words='--file -f --plan --prune --expect-no-changes --secrets-dir --format' ;;
    dnsrecords) words='--format --merge-spf --existing-spf --dns-server --check --zone --ttl' ;;
    doctor) words='--config --fix --skip --online --blocklists --address --backup --unit' ;;
    export) words='--format' ;;
    login) words='--username --email-address --password-file' ;;
    webhook.listen) words='--forward --since --after-sequence --interval' ;;
    top) words='--interval --count --limit' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words$verbs --url --api-key-file --profile --as-user --output -o --field --wide --timeout --verbose -v --help -h" -- "$current")
}
complete -F _egctl egctl
