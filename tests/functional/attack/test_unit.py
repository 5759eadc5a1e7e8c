"""egd under the restrictions of the unit that is shipped: it does its work, and what the unit forbids is forbidden."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from gateway import ROOT, message
from hook_receiver import HookReceiver
from privilege import needs_mounts
from waiting import wait_for

UNIT = ROOT / "config/egd.service"
SANDBOX = [sys.executable, ROOT / "tests/support/unit_sandbox.py"]
pytestmark = needs_mounts

C = "import ctypes; C = ctypes.CDLL(None); "
TAKEN_AWAY = {  # without the unit any user may do these
    "memory to write and execute": "import mmap; mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)",
    "set-user-ID": "os.chmod(FOLDER, 0o4700)",
    "another's process": "open('/proc/1/cmdline').close()",
    "what others have in /tmp": "open(LEFT).close()",
}
FORBIDDEN = {  # these take more, or a container may forbid them to begin with
    "to be traced": C + "assert C.ptrace(0, 0, 0, 0) == 0",
    "another personality": C + "assert C.personality(0x0040000) != -1",
    "a raw socket": "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
    "a file in /etc": "open('/etc/egd-test', 'w')",
    "a file in /usr": "open('/usr/egd-test', 'w')",
    "homes": "os.listdir('/root')",
    "a namespace": C + "assert C.unshare(0x10000000) == 0",
    "the clock": "import time; time.clock_settime(time.CLOCK_REALTIME, time.time())",
    "another user": "os.setuid(0)",
    "a disk": "open('/dev/vda', 'rb')",
}


@pytest.fixture
def folder():
    """Where egd may write; outside of /tmp, which it does not see."""
    made = pathlib.Path(tempfile.mkdtemp(prefix="egd-test-", dir="/var/lib"))
    shutil.chown(made, "nobody", "nogroup")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def receiver():
    receiver = HookReceiver()
    yield receiver
    receiver.remove()


def test_it_sends_and_posts_and_knows_its_own_addresses(make_gateway, make_sink, folder, receiver):
    sink = make_sink()
    gateway = make_gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"},
                            "webhooks": {"allow_networks": ["127.0.0.0/8"]}}, folder)
    gateway.start(under=[*SANDBOX, UNIT, folder])
    status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
    assert re.search(r"^Seccomp:\s+2$", status, re.M) and re.search(r"^NoNewPrivs:\s+1$", status, re.M)
    assert re.search(r"^CapBnd:\s+0*400$", status, re.M), status  # CAP_NET_BIND_SERVICE
    assert re.search(r"^Max core file size\s+0 ", pathlib.Path(f"/proc/{gateway.process.pid}/limits").read_text(), re.M)
    domain_id, key = gateway.add_domain()
    gateway.command("emailgateway.addwebhook", {"DomainID": domain_id, "Event": "delivery",
                                                "WebhookURL": f"http://127.0.0.1:{receiver.port}/"})
    large = "word " * 200_000  # a content that goes to a file
    assert gateway.send(key, message(PlainContent=large)).status == 200
    wait_for(sink.messages, gateway.log_text)
    wait_for(lambda: receiver.taken, gateway.log_text)
    gateway.stop()


def test_without_netlink_it_does_not_start(make_gateway, folder):
    unit = folder / "egd.service"
    unit.write_text(UNIT.read_text().replace(" AF_NETLINK", ""))
    with pytest.raises(RuntimeError, match="own addresses.*AF_NETLINK"):
        make_gateway(folder=folder).start(under=[*SANDBOX, unit, folder])


def test_what_the_unit_forbids(folder):
    with tempfile.NamedTemporaryFile(prefix="egd-test-") as left:
        os.chmod(left.name, 0o644)
        script = f"""
import os
FOLDER, LEFT = {str(folder)!r}, {left.name!r}
for what, code in {TAKEN_AWAY | FORBIDDEN!r}.items():
    if os.fork() == 0:
        exec(code)
        print(what, flush=True)
        os._exit(0)
    os.wait()
print('end')
"""

        def allowed(*under):
            done = subprocess.run([*under, sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
            assert done.stdout.endswith("end\n"), done.stderr
            return set(done.stdout.split("\n")[:-2])

        nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        assert allowed(*nobody) >= TAKEN_AWAY.keys()
        assert allowed(*SANDBOX, UNIT, folder) == set()


def test_a_low_port_is_allowed(folder):
    script = ("import socket\nfor port in range(600, 1024):\n  try: socket.socket().bind(('127.0.0.1', port)); break\n"
              "  except OSError as error: assert error.errno == 98, error\n")
    done = subprocess.run([*SANDBOX, UNIT, folder, sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
