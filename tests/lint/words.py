#!/usr/bin/python3
"""Nothing is left to do: no marker words, no conflict markers, no trailing white space, no tabs in C++; and no words
that puzzle a reader, with what to write in their place."""
import re
import sys

import sources

MARKERS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK"]) + r")\b")
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)")

# Word for word what readers stumbled over. In running text a line break may stand for a space.
PUZZLES = {
    r"\banew\b": "again, or rebuild",
    r"\bin vain\b": "for nothing",
    r"\bcomes true\b": "takes effect",
    r"\b(time|grace|send|transaction) (is|was) over\b": "has expired, or has ended",
    r"\bwhat is over\b": "what has expired",
    r"\bNull: (it|the|there)\b": "Returns null if",
    r"\bmind who is looking\b": "Treat the output as secret",
    r"\b(it is|to be) told of\b": "Subscribed event",
    r"\bhand(ed|s)? in (again|a|the same|complete|messages)\b": "submit, resubmit",
    r"\bgoes round in circles\b": "mail loop detected",
    r"\bthan the server likes\b": "the server is rate-limiting us",
    r"\bspeaks without being asked\b": "unexpected data",
    r"\bsomebody else's\.": "not yours",
    r"\bnobody else listens\b": "cannot be sniffed",
    r"\bstands here\b": "is listed",
    r"\b(hold|held) [a-z' ]*mail [a-z' ]*back\b": "pause delivery",
    r"\bLet the mail\b": "Resume delivery",
    r"\bwhat (put|puts) (it|them) there\b": "the source",
    r"\bis no (failure|domain name)\b": "is not a",
    r"\bis steered\b": "is controlled",
    r"\bis an invitation\b": "can be taken over",
    r"\bsigns on until\b": "keeps signing until",
    r"\bas ever\b": "normally",
    r"\bthere is no place for\b": "unexpected",
    r"\banswers nonsense\b": "malformed answer",
}
PUZZLES = {re.compile(words.replace(" ", r"\s+(?:(?://|#)\s*)?")): better for words, better in PUZZLES.items()}
# What a user or the next engineer reads.
READ = ("cli", "shared", "daemon", "man", "completions", "config", "README.md")


def puzzles(path, text):
    if path.parts[0] in READ:
        for words, better in PUZZLES.items():
            for found in words.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                yield f'{path}:{line}: "{" ".join(found[0].split())}": better "{better}"'
    if path.suffix in (".1", ".5", ".7", ".8") and "...." in text:
        yield f"{path}: a sentence ends in four dots"


def problems(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MARKERS.search(line):
            yield f"{path}:{number}: a marker word: do it or say why not"
        if CONFLICT.match(line):
            yield f"{path}:{number}: a conflict marker"
        if line != line.rstrip() and path.suffix != ".md":
            yield f"{path}:{number}: white space at the end"
        if "\t" in line and path.suffix in (".h", ".cpp", ".py"):
            yield f"{path}:{number}: a tab"


found = []
for path in sources.all_files():
    try:
        text = path.read_text()
        found += problems(path, text)
        found += puzzles(path, text)
    except UnicodeDecodeError:
        continue  # a binary test input
print("\n".join(found) if found else "nothing is left to do")
sys.exit(1 if found else 0)
