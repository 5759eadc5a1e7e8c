"""Where the tests of faults find tests/support, and its fixtures."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from fixtures import *  # noqa: E402, F403
