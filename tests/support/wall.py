"""The wall clock that a process sees (tests/support/wall_clock.c)."""
import struct

from gateway import BIN

LIBRARY = BIN.parent / "lib/libwall_clock.so"


class Wall:
    """Wall(folder).environment is what a process must be started with. Its steady clock stays right."""

    def __init__(self, folder):
        self.file = folder / "offset"
        self.offset = 0
        self.jump(0)
        self.environment = {"LD_PRELOAD": str(LIBRARY), "WALL_CLOCK_OFFSET": str(self.file)}

    def jump(self, seconds):
        """From now on as many seconds before or behind the machine's."""
        self.offset = seconds
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:  # egd has it mapped
            file.write(struct.pack("q", seconds))
