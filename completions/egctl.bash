# Completion of egctl for bash. Rendered from the catalogue by "egctl generate"; do not edit.

_egctl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' choices='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --url|--api-key-file|--profile|--as-user|--output|-o|--field|--timeout) ((i++)) ;;
      -*) ;;
      *) command=${COMP_WORDS[i]}; break ;;
    esac
  done
  case $previous in
    --api-key-file|--html-file|--plain-file|--attach|--attachments|--inline|--body-file|--password-file)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
  esac
  case $command:$previous in
    *:--output) choices='table json yaml csv raw' ;;
    *:-o) choices='table json yaml csv raw' ;;
    adddomain:--track-merge) choices='- .' ;;
    aggrevents:--aggregated-field) choices='event recipient-domain tag smtp-code mx-host link day hour message-id' ;;
    getevents:--event) choices='accepted rejected deferred delivery bounce open click unsubscribe complaint delivered bounced opened clicked unsubscribed complained' ;;
    getevents.public:--event) choices='accepted rejected deferred delivery bounce open click unsubscribe complaint delivered bounced opened clicked unsubscribed complained' ;;
    sendemail:--content-type) choices='html plain both' ;;
    updatedomain:--track-merge) choices='- .' ;;
    user.create:--account-status) choices='Enabled Disabled' ;;
    user.create:--reputation-level) choices='Trusted Untrusted' ;;
    user.create:--permissions) choices='EmailGateway.AddDomain EmailGateway.ManageDomain' ;;
    user.update:--account-status) choices='Enabled Disabled' ;;
    user.update:--reputation-level) choices='Trusted Untrusted' ;;
    user.update:--permissions) choices='EmailGateway.AddDomain EmailGateway.ManageDomain' ;;
  esac
  if [[ $choices ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
    return
  fi
  case $command in
    '') words='accountstats addapi adddomain aggrevents dailyseries deleteapi deletedomain domainstats getapis getdomain getdomains getevents getevents.public listrecipientdomains recipientdomainstats replaceapi sendemail updatedomain verifydomain user.apikey.create user.apikey.delete user.apikey.list user.create user.current user.login user.update users.delete users.get login' ;;
    accountstats) words='--start-date --end-date --domain-i-ds' ;;
    addapi) words='--description --domain-id' ;;
    adddomain) words='--domain-name --subdomain --track-prefix --track-merge --track-prefix-disabled --no-track-prefix-disabled' ;;
    aggrevents) words='--domain-id --start-date --end-date --aggregated-field --aggregate-size' ;;
    dailyseries) words='--domain-id --start-date --end-date' ;;
    deleteapi) words='--api-key-id' ;;
    deletedomain) words='--domain-id' ;;
    domainstats) words='--domain-id --start-date --end-date' ;;
    getapis) words='--domain-id' ;;
    getdomain) words='--domain-id' ;;
    getevents) words='--domain-id --start-from --retrieve-count --start-date --end-date --event --query' ;;
    getevents.public) words='--start-from --retrieve-count --start-date --end-date --event --message-id' ;;
    listrecipientdomains) words='--domain-id --start-date --end-date --limit' ;;
    recipientdomainstats) words='--domain-id --recipient-to-domain --start-date --end-date' ;;
    replaceapi) words='--domain-id --description' ;;
    sendemail) words='--subject --content-type --html-content --html-file --plain-content --plain-file --from --to --cc --bcc --reply-to --tags --header --headers --track-links --no-track-links --track-opens --no-track-opens --unsubscribe-link --no-unsubscribe-link --send-at --attach --attachments --inline --body-file --idempotency-key' ;;
    updatedomain) words='--domain-id --link-tracking --no-link-tracking --open-tracking --no-open-tracking --unsubscribe-link --no-unsubscribe-link --hosting-provider --subdomain --track-prefix --track-merge --track-prefix-disabled --no-track-prefix-disabled' ;;
    verifydomain) words='--domain-id' ;;
    user.apikey.create) words='--note --bound-ip-address' ;;
    user.apikey.delete) words='--api-key-id' ;;
    user.create) words='--email-address --username --password-file --first-name --last-name --company-name --account-status --reputation-level --verified --no-verified --max-sender-domains --monthly-send-limit --send-rate-per-minute --permissions' ;;
    user.login) words='--username --email-address --password-file' ;;
    user.update) words='--user-id --email-address --username --password-file --first-name --last-name --company-name --account-status --reputation-level --verified --no-verified --max-sender-domains --monthly-send-limit --send-rate-per-minute --permissions' ;;
    users.delete) words='--users' ;;
    users.get) words='--records-from --records-per-request --search-keyword' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --url --api-key-file --profile --as-user --output -o --field --timeout --verbose -v --help -h" -- "$current")
}
complete -F _egctl egctl
