"""What an egd does to its files and sockets, in order, as tests/support/system_trace.c notes it."""
import dataclasses
import os
import pathlib

from gateway import BIN


@dataclasses.dataclass
class Call:
    at: int      # its place in the order of all calls
    name: str    # open (of a new file), write, sync, send, mkdir, rename, link
    path: str    # "socket:[N]" for a socket
    what: str    # see system_trace.c


class SystemTrace:
    """SystemTrace(folder, mark).environment is what an egd must be started with to be traced. `mark`: a text whose way
    to the disk is of interest."""

    def __init__(self, folder, mark="no mark"):
        self.file = pathlib.Path(folder) / "system.trace"
        self.environment = {"LD_PRELOAD": str(BIN.parent / "lib/libsystem_trace.so"),
                            "SYSTEM_TRACE": str(self.file), "SYSTEM_TRACE_MARK": mark}
        assert os.path.exists(self.environment["LD_PRELOAD"])

    def calls(self):
        lines = self.file.read_text(errors="replace").splitlines()
        return [Call(at, *line.split("\t")) for at, line in enumerate(lines)]


def places(calls, name, path_end, what=None, after=-1):
    """Where the calls of this name are, on paths that end so."""
    return [call.at for call in calls if call.name == name and call.path.endswith(path_end) and call.at > after
            and (what is None or call.what.startswith(what))]
