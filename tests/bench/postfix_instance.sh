#!/bin/sh
# A Postfix of our own for comparisons: loopback only, its own queue and configuration, nothing delivered (every
# message stays in the queue, as after our accept); or, with them, all delivered to SINK_PORT, through MILTER_PORT.
# Usage: postfix_instance.sh start DIR PORT [SINK_PORT MILTER_PORT] | stop DIR
set -eu
action=$1 dir=$2
case $action in
  start)
    port=$3 sink=${4:-} milter=${5:-}
    transport="defer_transports = smtp"
    if [ -n "$sink" ]; then
      transport="relayhost = [127.0.0.1]:$sink
smtpd_milters = inet:127.0.0.1:$milter"
    fi
    mkdir -p "$dir/etc" "$dir/queue" "$dir/data"
    chmod 755 "$dir"
    chown postfix "$dir/data"
    cat > "$dir/etc/main.cf" <<CONF
compatibility_level = 3.6
config_directory = $dir/etc
queue_directory = $dir/queue
data_directory = $dir/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = bench.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
$transport
default_process_limit = 100
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
in_flow_delay = 0
maillog_file = /var/log/postfix-egd-bench.log
maillog_file_prefixes = /var, /dev/stdout
CONF
    sed -e '/^#/d' -e "s/^smtp  *inet.*/127.0.0.1:$port inet n - n - - smtpd/" \
        -e 's/^\([a-z-]* *unix *[n-] *[n-] *\)y/\1n/' /usr/share/postfix/master.cf.dist > "$dir/etc/master.cf"
    postfix -c "$dir/etc" start
    ;;
  stop)
    postfix -c "$dir/etc" stop
    ;;
  *)
    echo "usage: $0 start DIR PORT | stop DIR" >&2
    exit 2
    ;;
esac
