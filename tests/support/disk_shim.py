"""A disk that fails when it is told to, and what a power cut would have left on it (tests/support/disk_shim.c)."""
import collections
import pathlib
import struct

from gateway import BIN

LIBRARY = BIN.parent / "lib/libdisk_shim.so"
CREATE, TRUNCATE, WRITE, SYNC, SYNC_FAILED, RENAME, LINK, UNLINK, MAKE_DIRECTORY, SEND = range(1, 11)
FAULTS = {None: 0, "sync": 1, "full": 2, "write": 3, "torn": 4, "read-only": 5}
SECTOR = 512  # what a disk writes whole

Call = collections.namedtuple("Call", "operation path bytes offset")


class DiskShim:
    """DiskShim(folder, data).environment is what an egd on the directory `data` must be started with."""

    def __init__(self, folder, data, logs=True):
        self.log, self.control = pathlib.Path(folder) / "disk.log", pathlib.Path(folder) / "disk.fault"
        self.data = pathlib.Path(data)
        self.control.write_bytes(struct.pack("ii", 0, 0))
        self.environment = {"LD_PRELOAD": str(LIBRARY), "DISK_SHIM_DIR": str(data), "DISK_SHIM_FAULT": str(self.control)}
        if logs:
            self.environment["DISK_SHIM_LOG"] = str(self.log)
        assert LIBRARY.exists()

    def fail(self, what):
        """From now on this: "sync", "full", "write", "torn" or "read-only"; None: nothing."""
        with open(self.control, "r+b") as file:
            file.write(struct.pack("i", FAULTS[what]))

    def failures(self):
        return struct.unpack("ii", self.control.read_bytes())[1]

    def calls(self):
        log, at, head = self.log.read_bytes(), 0, struct.Struct("<IIIQ")
        while at + head.size <= len(log):
            operation, path, size, offset = head.unpack_from(log, at)
            at += head.size
            yield Call(operation, log[at:at + path].decode(), log[at + path:at + path + size], offset)
            at += path + size


class File:
    """`cache`: as its readers see it; `disk`: as far as it was synced; `pending`: writes and truncations in between."""

    def __init__(self, content=b""):
        self.cache, self.disk, self.pending = bytearray(content), bytearray(content), []


def apply(content, change):
    offset, data = change
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset:offset + len(data)] = data


class Disk:
    """What the calls so far made of the directory. A name is on the disk once its directory was synced, bytes once their
    file was; what a failed sync was to write is on the disk only if it is written and synced again."""

    def __init__(self, files=None):
        """`files`: {path: bytes, or None for a directory} that were there, and durable."""
        self.names = {name: None if content is None else File(content) for name, content in (files or {}).items()}
        self.durable = dict(self.names)  # path → File, or None for a directory

    def take(self, call):
        file = self.names.get(call.path)
        if call.operation == CREATE:
            self.names[call.path] = File()
        elif call.operation == MAKE_DIRECTORY:
            self.names[call.path] = None
        elif call.operation in (RENAME, LINK):
            self.names[call.bytes.decode()] = file
            if call.operation == RENAME:
                del self.names[call.path]
        elif call.operation == UNLINK:
            self.names.pop(call.path, None)
        elif call.operation in (WRITE, TRUNCATE) and file:
            change = (call.offset, call.bytes if call.operation == WRITE else None)
            apply(file.cache, change)
            file.pending.append(change)
        elif call.operation == SYNC_FAILED and file:
            file.pending.clear()
        elif call.operation == SYNC:
            self.sync(call.path, file)

    def sync(self, path, file):
        if file:
            for change in file.pending:
                apply(file.disk, change)
            file.pending.clear()
            return
        inside = lambda name: str(pathlib.PurePath(name).parent) == path
        self.durable = {name: of for name, of in self.durable.items() if not inside(name)}
        self.durable.update({name: of for name, of in self.names.items() if inside(name)})

    def unsynced(self):
        return sum(len(file.pending) for file in self.names.values() if file)

    def after_power_cut(self, random, share):
        """{path: bytes, or None for a directory}: what is durable, and of the rest this share, the last of a file torn
        within a sector's bounds. 0 is the strictest disk, 1 what a kill -9 leaves."""
        names = dict(self.names if share == 1 or random.random() < share else self.durable)
        left = {}
        for name, file in names.items():
            if file is None:
                left[name] = None
                continue
            content = bytearray(file.disk)
            for change in file.pending:
                if random.random() < share:
                    apply(content, self.torn(random, change) if share < 1 else change)
            left[name] = bytes(content)
        return left

    @staticmethod
    def torn(random, change):
        offset, data = change
        if data is None or random.random() < 0.7:
            return change
        return offset, data[:random.randrange(0, len(data) // SECTOR + 1) * SECTOR]


def lay_out(left, data, folder):
    """Writes what a power cut left of the directory `data` into a folder."""
    folder = pathlib.Path(folder)
    folder.mkdir(mode=0o700)
    for name in sorted(left):
        path = folder / pathlib.PurePath(name).relative_to(data)
        if left[name] is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(left[name])
        path.chmod(0o600)
