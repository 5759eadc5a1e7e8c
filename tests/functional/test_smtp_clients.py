"""What people send with: each client, as its users configure it, hands a mail over with the credentials of addsmtp, and it
is delivered."""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

import pytest

from gateway import Gateway, ROOT
from process import Process
from smtp_sink import Sink
from test_smtp_submission import Account, delivered, port_of, smtp_settings


@pytest.fixture(scope="module")
def world():
    sink = Sink()
    gateway = Gateway({**smtp_settings(allow_plaintext_auth=True), "delivery": {"smarthost": f"127.0.0.1:{sink.port}"}})
    try:
        gateway.start()
        yield gateway, Account(gateway), sink
    finally:
        gateway.remove()
        sink.remove()


class Handover:
    """What a client needs to know, also in its environment."""

    def __init__(self, world, subject):
        self.gateway, self.account, self.sink = world
        self.subject = subject
        self.port, self.tls_port = port_of(self.gateway), port_of(self.gateway, "listen_tls")
        self.text = f"From: john@example.com\r\nTo: jane@example.org\r\nSubject: {subject}\r\n\r\nHello.\r\n"

    def run(self, command, stdin="", **environment):
        known = {"SMTP_PORT": self.port, "SMTP_TLS_PORT": self.tls_port, "SMTP_USER": self.account.user,
                 "SMTP_PASSWORD": self.account.password, "SMTP_SUBJECT": self.subject}
        env = {**os.environ, **{name: str(value) for name, value in {**known, **environment}.items()}}
        done = subprocess.run(list(map(str, command)), input=stdin, env=env, text=True, capture_output=True, timeout=60)
        assert done.returncode == 0, (done.stdout, done.stderr, self.gateway.log_text()[-2000:])

    def arrived(self):
        return delivered(self.sink, self.subject)


every_way = pytest.mark.parametrize("way", ["plain", "starttls", "tls"])
PEERS = ROOT / "build/peers"  # mail servers, unpacked
GO_CACHE = ROOT / "build/go"  # what Go compiled of its library


def need(program):
    assert shutil.which(program), f"{program} is not installed; config/packages.txt lists it"


@pytest.fixture
def open_folder():
    """A folder that programs under accounts of their own may enter."""
    with tempfile.TemporaryDirectory(prefix="egd-test-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@every_way
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks(world, way, mechanism):
    need("swaks")
    mail = Handover(world, f"swaks {way} {mechanism}")
    tls = {"plain": [], "starttls": ["--tls"], "tls": ["--tls-on-connect"]}[way]
    mail.run(["swaks", "--server", "127.0.0.1", "--port", mail.tls_port if way == "tls" else mail.port, *tls,
              "--auth", mechanism, "--auth-user", mail.account.user, "--auth-password", mail.account.password,
              "--from", "john@example.com", "--to", "jane@example.org", "--header", f"Subject: {mail.subject}"])
    mail.arrived()


@every_way
def test_curl(world, way, tmp_path):
    need("curl")
    mail = Handover(world, f"curl {way}")
    (tmp_path / "mail").write_text(mail.text)
    url = f"smtps://127.0.0.1:{mail.tls_port}" if way == "tls" else f"smtp://127.0.0.1:{mail.port}"
    tls = [] if way == "plain" else ["--ssl-reqd"]
    mail.run(["curl", "-sS", "-k", *tls, url, "--user", f"{mail.account.user}:{mail.account.password}", "--mail-from",
              "john@example.com", "--mail-rcpt", "jane@example.org", "-T", tmp_path / "mail"])
    mail.arrived()


@every_way
def test_msmtp(world, way, tmp_path):
    need("msmtp")
    mail = Handover(world, f"msmtp {way}")
    (tmp_path / "msmtprc").write_text(textwrap.dedent(f"""\
        account default
        host 127.0.0.1
        port {mail.tls_port if way == "tls" else mail.port}
        tls {"off" if way == "plain" else "on"}
        tls_starttls {"off" if way == "tls" else "on"}
        tls_certcheck off
        auth plain
        user {mail.account.user}
        password {mail.account.password}
        from john@example.com
        """))
    (tmp_path / "msmtprc").chmod(0o600)
    mail.run(["msmtp", "-C", tmp_path / "msmtprc", "jane@example.org"], stdin=mail.text)
    mail.arrived()


@every_way
def test_phpmailer(world, way, tmp_path):
    need("php")
    assert pathlib.Path("/usr/share/php/libphp-phpmailer").exists(), "libphp-phpmailer is not installed"
    mail = Handover(world, f"PHPMailer {way}")
    (tmp_path / "send.php").write_text(textwrap.dedent("""\
        <?php
        foreach (['Exception', 'PHPMailer', 'SMTP'] as $part) {
          require_once "/usr/share/php/libphp-phpmailer/src/$part.php";
        }
        $mail = new PHPMailer\\PHPMailer\\PHPMailer(true);
        $mail->isSMTP();
        $mail->Host = '127.0.0.1';
        $mail->Port = getenv('PORT');
        $mail->SMTPSecure = getenv('SECURE');
        $mail->SMTPAutoTLS = false;
        $mail->SMTPAuth = true;
        $mail->SMTPOptions = ['ssl' => ['verify_peer' => false, 'verify_peer_name' => false,
                                        'allow_self_signed' => true]];
        $mail->Username = getenv('SMTP_USER');
        $mail->Password = getenv('SMTP_PASSWORD');
        $mail->setFrom('john@example.com', 'John');
        $mail->addAddress('jane@example.org');
        $mail->Subject = getenv('SMTP_SUBJECT');
        $mail->Body = 'Hello.';
        $mail->send();
        """))
    mail.run(["php", tmp_path / "send.php"], PORT=mail.tls_port if way == "tls" else mail.port,
             SECURE={"plain": "", "starttls": "tls", "tls": "ssl"}[way])
    mail.arrived()


@every_way
def test_ruby(world, way):
    need("ruby")
    mail = Handover(world, f"Ruby {way}")
    mail.run(["ruby", "-rnet/smtp", "-e", textwrap.dedent("""\
        tls = ARGV[0] == "tls"
        smtp = Net::SMTP.new("127.0.0.1", ENV[tls ? "SMTP_TLS_PORT" : "SMTP_PORT"].to_i, tls: tls,
                             starttls: ARGV[0] == "starttls" && :always, tls_verify: false)
        smtp.start(helo: "my_laptop", user: ENV["SMTP_USER"], secret: ENV["SMTP_PASSWORD"], authtype: :login) do |s|
          s.send_message(STDIN.read, "john@example.com", "jane@example.org")
        end
        """), way], stdin=mail.text)
    mail.arrived()


@every_way
def test_perl(world, way):
    need("swaks")  # brings what Net::SMTP needs for TLS and SASL
    mail = Handover(world, f"Net::SMTP {way}")
    mail.run(["perl", "-MNet::SMTP", "-e", textwrap.dedent("""\
        my $tls = $ENV{WAY} eq "tls";
        my $smtp = Net::SMTP->new("127.0.0.1", Port => $ENV{$tls ? "SMTP_TLS_PORT" : "SMTP_PORT"}, SSL => $tls,
                                  SSL_verify_mode => 0, Hello => "localhost.localdomain") or die;
        $ENV{WAY} ne "starttls" or $smtp->starttls(SSL_verify_mode => 0) or die $smtp->message;
        $smtp->auth($ENV{SMTP_USER}, $ENV{SMTP_PASSWORD}) or die $smtp->message;
        $smtp->mail('john@example.com') && $smtp->to('jane@example.org') && $smtp->data or die $smtp->message;
        $smtp->datasend(join '', <STDIN>);
        $smtp->dataend or die $smtp->message;
        $smtp->quit;
        """)], stdin=mail.text, WAY=way)
    mail.arrived()


@every_way
def test_django(world, way):
    mail = Handover(world, f"Django {way}")
    mail.run([sys.executable, "-c", textwrap.dedent("""\
        import os
        import ssl
        from django.conf import settings
        from django.core.mail import send_mail
        way = os.environ["WAY"]
        settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_USE_TLS=way == "starttls", EMAIL_USE_SSL=way == "tls",
                           EMAIL_PORT=int(os.environ["SMTP_TLS_PORT" if way == "tls" else "SMTP_PORT"]),
                           EMAIL_HOST_USER=os.environ["SMTP_USER"], EMAIL_HOST_PASSWORD=os.environ["SMTP_PASSWORD"])
        ssl.create_default_context = lambda *_, **__: ssl._create_unverified_context()
        send_mail(os.environ["SMTP_SUBJECT"], "Hello.", "john@example.com", ["jane@example.org"])
        """)], WAY=way)
    mail.arrived()


@every_way
def test_nodemailer_pooled(world, way):
    need("node")
    assert (ROOT / "tests/support/node_modules/nodemailer").exists(), "run npm ci in tests/support"
    mail = Handover(world, f"nodemailer {way}")
    mail.run(["node", "--input-type=commonjs", "-e", textwrap.dedent("""\
        const mailer = require(process.env.NODEMAILER);
        const tls = process.env.WAY === 'tls';
        const pool = mailer.createTransport({pool: true, maxConnections: 3, host: '127.0.0.1', secure: tls,
          port: tls ? process.env.SMTP_TLS_PORT : process.env.SMTP_PORT,
          requireTLS: process.env.WAY === 'starttls', ignoreTLS: process.env.WAY === 'plain',
          tls: {rejectUnauthorized: false}, auth: {user: process.env.SMTP_USER, pass: process.env.SMTP_PASSWORD}});
        const one = n => pool.sendMail({from: 'john@example.com', to: 'jane@example.org', text: 'x'.repeat(n),
                                        subject: process.env.SMTP_SUBJECT});
        Promise.all(Array.from({length: 20}, (_, n) => one(n * 100))).then(() => pool.close(),
          error => { console.error(error); process.exit(1); });
        """)], WAY=way, NODEMAILER=ROOT / "tests/support/node_modules/nodemailer")
    mail.arrived()


@every_way
def test_go(world, way, tmp_path):
    need("go")
    mail = Handover(world, f"Go {way}")
    (tmp_path / "send.go").write_text(textwrap.dedent("""\
        package main

        import (
            "crypto/tls"
            "io"
            "net"
            "net/smtp"
            "os"
        )

        func check(err error) {
            if err != nil {
                panic(err)
            }
        }

        func main() {
            way, settings := os.Getenv("WAY"), &tls.Config{InsecureSkipVerify: true}
            var connection net.Conn
            var err error
            if way == "tls" {
                connection, err = tls.Dial("tcp", "127.0.0.1:"+os.Getenv("SMTP_TLS_PORT"), settings)
            } else {
                connection, err = net.Dial("tcp", "127.0.0.1:"+os.Getenv("SMTP_PORT"))
            }
            check(err)
            client, err := smtp.NewClient(connection, "127.0.0.1")
            check(err)
            if way == "starttls" {
                check(client.StartTLS(settings))
            }
            check(client.Auth(smtp.PlainAuth("", os.Getenv("SMTP_USER"), os.Getenv("SMTP_PASSWORD"), "127.0.0.1")))
            check(client.Mail("john@example.com"))
            check(client.Rcpt("jane@example.org"))
            body, err := client.Data()
            check(err)
            _, err = io.Copy(body, os.Stdin)
            check(err)
            check(body.Close())
            check(client.Quit())
        }
        """))
    mail.run(["go", "run", tmp_path / "send.go"], stdin=mail.text, WAY=way, GOCACHE=GO_CACHE, GOFLAGS="-mod=mod",
             GOPROXY="off", HOME=tmp_path)
    mail.arrived()


@every_way
def test_nullmailer(world, way, tmp_path):
    need(PEERS / "usr/sbin/nullmailer-send")
    mail = Handover(world, f"nullmailer {way}")
    for folder in ("conf", "queue", "queue/queue", "queue/tmp", "queue/failed"):
        (tmp_path / folder).mkdir()
    (tmp_path / "protocols").symlink_to(PEERS / "usr/lib/nullmailer")
    os.mkfifo(tmp_path / "queue/trigger")
    options = {"plain": "", "starttls": "starttls insecure", "tls": "ssl insecure"}[way]
    (tmp_path / "conf/remotes").write_text(
        f"127.0.0.1 smtp port={mail.tls_port if way == 'tls' else mail.port} {options} "
        f"user={mail.account.user} pass={mail.account.password}\n")
    environment = {"NULLMAILER_TEST_PREFIX": str(tmp_path),
                   "NULLMAILER_QUEUE": str(PEERS / "usr/sbin/nullmailer-queue")}
    mail.run([PEERS / "usr/bin/nullmailer-inject", "jane@example.org"], stdin=mail.text, **environment)
    sender = Process([PEERS / "usr/sbin/nullmailer-send"], tmp_path / "log", environment)
    try:
        mail.arrived()
    finally:
        sender.stop()


@every_way
def test_exim_as_a_relaying_client(world, way, open_folder):
    need(PEERS / "usr/sbin/exim4")
    mail = Handover(world, f"Exim {way}")
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    (open_folder / "passwd").write_text("root:x:0:0::/root:/bin/sh\n"
                                        f"Debian-exim:x:{account.pw_uid}:{account.pw_gid}::/:/bin/false\n")
    (open_folder / "group").write_text(f"root:x:0:\nDebian-exim:x:{account.pw_gid}:\n")
    (open_folder / "spool").mkdir()
    os.chown(open_folder / "spool", account.pw_uid, account.pw_gid)
    (open_folder / "exim.conf").write_text(textwrap.dedent(f"""\
        primary_hostname = exim.example
        keep_environment = *
        exim_path = {PEERS}/usr/sbin/exim4
        spool_directory = {open_folder}/spool
        log_file_path = {open_folder}/spool/%slog
        untrusted_set_sender = *
        begin routers
        relay:
          driver = manualroute
          route_list = * 127.0.0.1
          self = send
          transport = submit
        begin transports
        submit:
          driver = smtp
          allow_localhost
          port = {mail.tls_port if way == "tls" else mail.port}
          protocol = {"smtps" if way == "tls" else "smtp"}
          hosts_require_tls = {":" if way == "plain" else "*"}
          hosts_avoid_tls = {"*" if way == "plain" else ":"}
          tls_try_verify_hosts = :
          hosts_require_auth = *
        begin authenticators
        plain:
          driver = plaintext
          public_name = PLAIN
          client_send = ^{mail.account.user}^{mail.account.password}
        """))
    mail.run([PEERS / "usr/sbin/exim4", "-C", open_folder / "exim.conf", "-odf", "-f", "john@example.com",
              "jane@example.org"], stdin=mail.text, LD_PRELOAD="libnss_wrapper.so",
             NSS_WRAPPER_PASSWD=open_folder / "passwd", NSS_WRAPPER_GROUP=open_folder / "group")
    mail.arrived()


@every_way
def test_postfix_as_a_relaying_client(world, way, open_folder):
    need("postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    mail = Handover(world, f"Postfix {way}")
    port = mail.tls_port if way == "tls" else mail.port
    for folder in ("etc", "queue", "data"):
        (open_folder / folder).mkdir()
    shutil.chown(open_folder / "data", "postfix")
    (open_folder / "etc/main.cf").write_text(textwrap.dedent(f"""\
        compatibility_level = 3.6
        queue_directory = {open_folder}/queue
        data_directory = {open_folder}/data
        maillog_file = {open_folder}/log
        maillog_file_prefixes = {open_folder}
        myhostname = postfix.example
        mydestination =
        inet_interfaces = loopback-only
        inet_protocols = ipv4
        smtp_host_lookup = native
        relayhost = [127.0.0.1]:{port}
        smtp_sasl_auth_enable = yes
        smtp_sasl_password_maps = inline:{{[127.0.0.1]:{port}={mail.account.user}:{mail.account.password}}}
        smtp_sasl_security_options = noanonymous
        smtp_tls_security_level = {"none" if way == "plain" else "encrypt"}
        smtp_tls_wrappermode = {"yes" if way == "tls" else "no"}
        """))
    # Everything but the listener on port 25, and without chroot.
    services = pathlib.Path("/usr/share/postfix/master.cf.dist").read_text()
    services = re.sub(r"^smtp +inet .*\n", "", services, flags=re.MULTILINE)
    services = re.sub(r"^([a-z-]+ +unix +\S +\S +)y", r"\1n", services, flags=re.MULTILINE)
    (open_folder / "etc/master.cf").write_text(services)
    postfix = ["postfix", "-c", open_folder / "etc"]
    try:
        mail.run([*postfix, "start"])
        mail.run(["sendmail", "-C", open_folder / "etc", "-f", "john@example.com", "jane@example.org"], stdin=mail.text)
        mail.arrived()
    finally:
        mail.run([*postfix, "stop"])
