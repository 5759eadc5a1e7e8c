#!/usr/bin/env python3
"""Runs a command under the restrictions of a systemd unit, where no systemd runs: unit_sandbox.py UNIT FOLDER COMMAND…

FOLDER stands for the directories the unit may write to. What a directive asks for is asked of the kernel in the same way:
mounts in a namespace of its own, limits, capabilities (setpriv), and a seccomp filter (libseccomp) with the groups of system
calls that systemd-analyze knows. A directive of [Service] that is in none of the lists here is an error, so that none is
left out by oversight. Needs root.
"""
import collections
import ctypes
import errno
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys

# Not a restriction, or of what only systemd does: accounting by control groups, and restarts.
IGNORED = {"Type", "Group", "ExecStart", "ExecReload", "Restart", "RestartSec", "WatchdogSec", "TimeoutStartSec",
           "TimeoutStopSec", "ConfigurationDirectory",
           "RuntimeDirectory", "RuntimeDirectoryPreserve", "StateDirectory", "StateDirectoryMode", "RemoveIPC", "MemoryMax"}
SETPRIV = {"User", "AmbientCapabilities", "CapabilityBoundingSet", "NoNewPrivileges"}
LIMITS = {"LimitNOFILE", "LimitCORE", "UMask"}
MOUNTS = {"ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectControlGroups", "ProtectKernelTunables",
          "ProtectProc", "PrivateMounts"}
FILTER = {"RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
          "MemoryDenyWriteExecute", "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber",
          "ProtectClock", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules"}
CALLS = {  # that a directive takes away
    "ProtectClock": ["clock_settime", "settimeofday", "clock_adjtime", "adjtimex"],
    "ProtectHostname": ["sethostname", "setdomainname"], "ProtectKernelLogs": ["syslog"],
    "ProtectKernelModules": ["init_module", "finit_module", "delete_module"], "RestrictNamespaces": ["unshare", "setns"]}
NEW_NAMESPACES = 0x7E020080  # CLONE_NEW…
SET_ID_BITS = 0o6000
ORDINARY_POLICIES = (0, 3, 5)  # SCHED_OTHER, SCHED_BATCH, SCHED_IDLE


def directives(unit):
    """{name: [values]} of [Service]."""
    section = pathlib.Path(unit).read_text().split("[Service]")[1].split("\n[")[0]
    found = collections.defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", section, re.MULTILINE):
        found[name].append(value)
    unknown = found.keys() - IGNORED - SETPRIV - LIMITS - MOUNTS - FILTER
    if unknown:
        sys.exit(f"{unit}: this does not know {sorted(unknown)}")
    return found


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def set_limits(asked):
    for name, limit in (("LimitNOFILE", resource.RLIMIT_NOFILE), ("LimitCORE", resource.RLIMIT_CORE)):
        for value in asked[name]:
            most = resource.getrlimit(limit)[1]  # a container may forbid to raise it
            chosen = int(value) if most == resource.RLIM_INFINITY else min(int(value), most)
            resource.setrlimit(limit, (chosen, chosen))
    for value in asked["UMask"]:
        os.umask(int(value, 8))


def set_mounts(asked, folder):
    """In a mount namespace of this process's own."""
    mount("--bind", folder, folder)
    kept = [folder, "/proc", "/sys", "/dev"]
    if asked["ProtectSystem"] == ["strict"]:
        for line in reversed(pathlib.Path("/proc/self/mountinfo").read_text().splitlines()):
            at = line.split()[4].encode().decode("unicode_escape")
            if not any(at == one or at.startswith(one + "/") for one in kept):
                mount("-o", "remount,bind,ro", at)
    if asked["ProtectHome"]:
        for at in ("/home", "/root"):
            mount("-t", "tmpfs", "-o", "ro,mode=000", "none", at)
    if asked["PrivateTmp"]:
        for at in ("/tmp", "/var/tmp"):
            mount("-t", "tmpfs", "-o", "mode=1777", "none", at)
    if asked["PrivateDevices"]:
        devices = [f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")]
        held = [os.open(device, os.O_PATH) for device in devices]
        mount("-t", "tmpfs", "-o", "mode=755", "none", "/dev")
        for device, file in zip(devices, held):
            pathlib.Path(device).touch()
            mount("--bind", f"/proc/{os.getpid()}/fd/{file}", device)
            os.close(file)
    if asked["ProtectProc"] == ["invisible"]:
        mount("-t", "proc", "-o", "hidepid=2", "none", "/proc")
    protected = ["/sys/fs/cgroup"] if asked["ProtectControlGroups"] else []
    for at in protected + (["/proc/sys"] if asked["ProtectKernelTunables"] else []):
        mount("--rbind", at, at)
        mount("-o", "remount,bind,ro", at)


def setpriv(asked):
    user = "nobody"  # in place of User, which need not be there
    words = ["setpriv", f"--reuid={user}", "--regid=nogroup", "--clear-groups"]
    bounding = [f"+{name.lower().removeprefix('cap_')}" for value in asked["CapabilityBoundingSet"] for name in value.split()]
    ambient = [f"+{name.lower().removeprefix('cap_')}" for value in asked["AmbientCapabilities"] for name in value.split()]
    words += ["--bounding-set=" + ",".join(["-all", *bounding]), "--inh-caps=" + ",".join(["-all", *ambient]),
              "--ambient-caps=" + ",".join(["-all", *ambient])]
    return words + (["--no-new-privs"] if asked["NoNewPrivileges"] == ["yes"] else [])


def call_groups():
    """{"@group": {names of system calls}}, what groups hold of others resolved."""
    text = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], check=True, capture_output=True, text=True).stdout
    groups, current = {}, None
    for line in text.splitlines():
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if not line.startswith(" "):
            current = groups.setdefault(word, set())
        else:
            current.add(word)

    def expand(name):
        return set().union(*[expand(one) if one.startswith("@") else {one} for one in groups[name]])
    return {name: expand(name) for name in groups}


def load_filter(asked):
    import seccomp
    from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, Arg

    groups = call_groups()
    allowed = set(groups["@default"])
    for value in asked["SystemCallFilter"]:
        for group in value.removeprefix("~").split():
            allowed = allowed - groups[group] if value.startswith("~") else allowed | groups[group]
    for name, taken in CALLS.items():
        if asked[name]:
            allowed -= set(taken)
    conditions = {"socket": [[Arg(0, EQ, getattr(socket, name))] for name in asked["RestrictAddressFamilies"][0].split()]}
    if asked["MemoryDenyWriteExecute"]:
        conditions["mmap"] = [[Arg(2, MASKED_EQ, 6, bits)] for bits in (0, 2, 4)]  # PROT_WRITE, PROT_EXEC
        for name in ("mprotect", "pkey_mprotect"):
            conditions[name] = [[Arg(2, MASKED_EQ, 4, 0)]]
    if asked["RestrictNamespaces"]:
        conditions["clone"] = [[Arg(0, MASKED_EQ, NEW_NAMESPACES, 0)]]
    if asked["RestrictRealtime"]:
        conditions["sched_setscheduler"] = [[Arg(1, EQ, policy)] for policy in ORDINARY_POLICIES]
    if asked["RestrictSUIDSGID"]:
        for name, at in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("mkdir", 1), ("mkdirat", 2)):
            conditions[name] = [[Arg(at, MASKED_EQ, SET_ID_BITS, 0)]]
    if asked["LockPersonality"]:
        conditions["personality"] = [[Arg(0, EQ, 0)]]
    rules = seccomp.SyscallFilter(ERRNO(errno.EPERM))
    rules.add_rule(ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; the C library takes clone then
    for name in sorted(allowed - {"clone3"}):
        try:
            for arguments in conditions.get(name, [[]]):
                rules.add_rule(ALLOW, name, *arguments)
        except RuntimeError:
            pass  # not of this architecture
    rules.load()


def main():
    if sys.argv[1] == "--filtered":
        unit, *command = sys.argv[2:]
        load_filter(directives(unit))
        os.execv(command[0], command)
    unit, folder, *command = sys.argv[1:]
    asked = directives(unit)
    if ctypes.CDLL(None, use_errno=True).unshare(0x20000) != 0:  # CLONE_NEWNS
        sys.exit(f"unshare: {os.strerror(ctypes.get_errno())}")
    mount("--make-rprivate", "/")
    set_mounts(asked, folder)
    set_limits(asked)
    os.execvp("setpriv", [*setpriv(asked), sys.executable, __file__, "--filtered", unit, *command])


if __name__ == "__main__":
    main()
