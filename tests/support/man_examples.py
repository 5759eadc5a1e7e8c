"""The literal lines of a manual page, as a reader would type them."""
import re

from gateway import ROOT

ESCAPES = {r"\(aq": "'", r"\(ga": "`", r"\(ti": "~", r"\-": "-", r"\&": "", r"\e": "\\"}


def literal_blocks(page, section):
    """The texts of the displays of a section of man/<page>, each with its own lines."""
    text = (ROOT / "man" / page).read_text()
    found = re.search(rf"^\.Sh {section}\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    plain = re.compile(r"\\\(aq|\\\(ga|\\\(ti|\\[-&e]")
    return [plain.sub(lambda escape: ESCAPES[escape[0]], block)
            for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", found[1] if found else "", re.M | re.S)]


def command_lines(block):
    """What a shell would take for one command each: a line, with those behind a backslash."""
    return [line for line in re.split(r"(?<!\\)\n", block) if line]
