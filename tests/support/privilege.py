"""What a test may ask of the kernel: root in a container has less than root on a machine."""
import subprocess

import pytest


def may(*command):
    return subprocess.run(command, capture_output=True).returncode == 0


needs_mounts = pytest.mark.skipif(not may("unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"), reason="no mounts here")
needs_networks = pytest.mark.skipif(not may("unshare", "-n", "true"), reason="no networks of a test's own here")
