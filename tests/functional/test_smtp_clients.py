"""What people send with: each client, as its users configure it, hands a mail over with the credentials of addsmtp, and it
is delivered."""
import os
import pathlib
import shutil
import subprocess
import sys
import textwrap

import pytest

from gateway import Gateway, ROOT
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


def need(program):
    assert shutil.which(program), f"{program} is not installed; config/packages.txt lists it"


@pytest.mark.parametrize("way", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_swaks(world, way, mechanism):
    need("swaks")
    mail = Handover(world, f"swaks {way} {mechanism}")
    tls = {"plain": [], "starttls": ["--tls"], "tls": ["--tls-on-connect"]}[way]
    mail.run(["swaks", "--server", "127.0.0.1", "--port", mail.tls_port if way == "tls" else mail.port, *tls,
              "--auth", mechanism, "--auth-user", mail.account.user, "--auth-password", mail.account.password,
              "--from", "john@example.com", "--to", "jane@example.org", "--header", f"Subject: {mail.subject}"])
    mail.arrived()


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_curl(world, way, tmp_path):
    need("curl")
    mail = Handover(world, f"curl {way}")
    (tmp_path / "mail").write_text(mail.text)
    url = f"smtps://127.0.0.1:{mail.tls_port}" if way == "tls" else f"smtp://127.0.0.1:{mail.port}"
    mail.run(["curl", "-sS", "-k", "--ssl-reqd", url, "--user", f"{mail.account.user}:{mail.account.password}",
              "--mail-from", "john@example.com", "--mail-rcpt", "jane@example.org", "-T", tmp_path / "mail"])
    mail.arrived()


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_msmtp(world, way, tmp_path):
    need("msmtp")
    mail = Handover(world, f"msmtp {way}")
    (tmp_path / "msmtprc").write_text(textwrap.dedent(f"""\
        account default
        host 127.0.0.1
        port {mail.tls_port if way == "tls" else mail.port}
        tls on
        tls_starttls {"off" if way == "tls" else "on"}
        tls_certcheck off
        auth on
        user {mail.account.user}
        password {mail.account.password}
        from john@example.com
        """))
    (tmp_path / "msmtprc").chmod(0o600)
    mail.run(["msmtp", "-C", tmp_path / "msmtprc", "jane@example.org"], stdin=mail.text)
    mail.arrived()


@pytest.mark.parametrize("way", ["starttls", "tls"])
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
             SECURE="ssl" if way == "tls" else "tls")
    mail.arrived()


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_ruby(world, way):
    need("ruby")
    mail = Handover(world, f"Ruby {way}")
    mail.run(["ruby", "-rnet/smtp", "-e", textwrap.dedent("""\
        tls = ARGV[0] == "tls"
        smtp = Net::SMTP.new("127.0.0.1", ENV[tls ? "SMTP_TLS_PORT" : "SMTP_PORT"].to_i, tls: tls,
                             starttls: tls ? false : :always, tls_verify: false)
        smtp.start(helo: "my_laptop", user: ENV["SMTP_USER"], secret: ENV["SMTP_PASSWORD"], authtype: :login) do |s|
          s.send_message(STDIN.read, "john@example.com", "jane@example.org")
        end
        """), way], stdin=mail.text)
    mail.arrived()


def test_perl(world):
    need("swaks")  # brings what Net::SMTP needs for TLS and SASL
    mail = Handover(world, "Net::SMTP")
    mail.run(["perl", "-MNet::SMTP", "-e", textwrap.dedent("""\
        my $smtp = Net::SMTP->new("127.0.0.1", Port => $ENV{SMTP_PORT}, Hello => "localhost.localdomain") or die;
        $smtp->starttls(SSL_verify_mode => 0) or die $smtp->message;
        $smtp->auth($ENV{SMTP_USER}, $ENV{SMTP_PASSWORD}) or die $smtp->message;
        $smtp->mail('john@example.com') && $smtp->to('jane@example.org') && $smtp->data or die $smtp->message;
        $smtp->datasend(join '', <STDIN>);
        $smtp->dataend or die $smtp->message;
        $smtp->quit;
        """)], stdin=mail.text)
    mail.arrived()


def test_django(world):
    mail = Handover(world, "Django")
    mail.run([sys.executable, "-c", textwrap.dedent("""\
        import os
        import ssl
        from django.conf import settings
        from django.core.mail import send_mail
        settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(os.environ["SMTP_PORT"]), EMAIL_USE_TLS=True,
                           EMAIL_HOST_USER=os.environ["SMTP_USER"], EMAIL_HOST_PASSWORD=os.environ["SMTP_PASSWORD"])
        ssl.create_default_context = lambda *_, **__: ssl._create_unverified_context()
        send_mail(os.environ["SMTP_SUBJECT"], "Hello.", "john@example.com", ["jane@example.org"])
        """)])
    mail.arrived()


@pytest.mark.parametrize("way", ["starttls", "tls"])
def test_nodemailer_pooled(world, way):
    need("node")
    assert (ROOT / "tests/support/node_modules/nodemailer").exists(), "run npm ci in tests/support"
    mail = Handover(world, f"nodemailer {way}")
    mail.run(["node", "--input-type=commonjs", "-e", textwrap.dedent("""\
        const mailer = require(process.env.NODEMAILER);
        const tls = process.env.WAY === 'tls';
        const pool = mailer.createTransport({pool: true, maxConnections: 3, host: '127.0.0.1', secure: tls,
          port: tls ? process.env.SMTP_TLS_PORT : process.env.SMTP_PORT, requireTLS: true,
          tls: {rejectUnauthorized: false}, auth: {user: process.env.SMTP_USER, pass: process.env.SMTP_PASSWORD}});
        const one = n => pool.sendMail({from: 'john@example.com', to: 'jane@example.org', text: 'x'.repeat(n),
                                        subject: process.env.SMTP_SUBJECT});
        Promise.all(Array.from({length: 20}, (_, n) => one(n * 100))).then(() => pool.close(),
          error => { console.error(error); process.exit(1); });
        """)], WAY=way, NODEMAILER=ROOT / "tests/support/node_modules/nodemailer")
    mail.arrived()
