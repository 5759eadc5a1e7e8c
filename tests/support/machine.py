"""A Debian 12 with its own systemd, in namespaces of this machine's kernel: a file system (debootstrap), processes, mounts,
control groups and a network of its own, in which there is loopback alone. Needs root."""
import ctypes
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import threading

from waiting import wait_for

BOOT = pathlib.Path(__file__).with_name("boot.sh")
NAMESPACES = ["--mount", "--pid", "--cgroup", "--ipc", "--net", "--uts"]
CLONE_NEWNET = 0x40000000
QUIET = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}

# What dpkg, apt, systemd and adduser keep for themselves, and file systems that are not the disk's. As piuparts does.
KEPT = ("dev", "proc", "run", "sys", "tmp", "old", "root", "var/cache", "var/lib/apt", "var/lib/dpkg", "var/lib/systemd", "var/log",
        "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid", "etc/subgid", "etc/.pwd.lock", "etc/ld.so.cache",
        "var/lib/dbus", "etc/machine-id", "etc/resolv.conf", "usr/sbin/policy-rc.d")


def checked(command, seconds, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds, env=QUIET, **options)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


class Machine:
    def __init__(self, folder, packages=()):
        """Installs a Debian 12 with systemd and those packages in the folder."""
        self.root = pathlib.Path(folder)
        checked(["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,ca-certificates", "bookworm", self.root],
                1200)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        self.first = None
        if packages:
            self.install_needs_of(packages)

    def install_needs_of(self, packages):
        """What the package files depend on, while there is a network; they themselves are copied to /root."""
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        names = [f"/root/{self.bring(package)}" for package in packages]
        checked(["chroot", self.root, "apt-get", "update", "-q"], 300)
        words = ["apt-get", "install", "-y", "-q", "--no-install-recommends"]
        planned = checked(["chroot", self.root, *words, "--simulate", *names], 300)
        needed = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ") and "/root" not in line]
        own = {pathlib.Path(name).name.split("_")[0] for name in names}
        checked(["chroot", self.root, *words, "apparmor", *[name for name in needed if name not in own]], 1200)
        policy.unlink()

    def bring(self, package):
        shutil.copy(package, self.root / "root")
        return pathlib.Path(package).name

    def boot(self):
        self.starter = subprocess.Popen(["unshare", *NAMESPACES, "--fork", "--kill-child", "sh", BOOT, self.root],
                                        stdin=subprocess.DEVNULL)
        children = pathlib.Path(f"/proc/{self.starter.pid}/task/{self.starter.pid}/children")
        self.first = wait_for(lambda: children.read_text().split())[0]
        wait_for(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() == "running",
                 lambda: self.run("systemctl", "--failed", "--no-pager", check=False).stdout, seconds=60)
        return self

    def run(self, *words, check=True, seconds=120, stdin=""):
        done = subprocess.run(["nsenter", "-t", self.first, *NAMESPACES, *map(str, words)], input=stdin, capture_output=True, text=True,
                              timeout=seconds, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                                                    "HOME": "/root", "LC_ALL": "C.UTF-8"})
        if check:
            assert done.returncode == 0, f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def install(self, *packages):
        names = [f"/root/{self.bring(package)}" for package in packages]
        return self.run("apt-get", "install", "-y", "-q", "--no-install-recommends", *names, seconds=300)

    def property(self, unit, name):
        return self.run("systemctl", "show", "--property", name, "--value", unit).stdout.strip()

    def thread(self, work):
        """A started thread of this process whose sockets are of the machine's network."""
        def enter():
            with open(f"/proc/{self.first}/ns/net") as network:
                assert ctypes.CDLL(None, use_errno=True).setns(network.fileno(), CLONE_NEWNET) == 0
            work()
        thread = threading.Thread(target=enter)
        thread.start()
        return thread

    def tree(self):
        """{path: what it is} of the disk, without what is kept."""
        found = {}
        for path in self.root.rglob("*"):
            name = str(path.relative_to(self.root))
            if any(name == kept or name == kept + "-" or name.startswith(kept + "/") for kept in KEPT):
                continue
            status = path.lstat()
            what = stat.filemode(status.st_mode), status.st_uid, status.st_gid
            if stat.S_ISREG(status.st_mode):
                what += (hashlib.sha256(path.read_bytes()).hexdigest(),)
            elif stat.S_ISLNK(status.st_mode):
                what += (os.readlink(path),)
            found[name] = what
        return found

    def remove(self):
        if self.first:
            self.starter.kill()  # and with it the first process, and with that all others
            self.starter.wait()
        shutil.rmtree(self.root, ignore_errors=True)
