#!/usr/bin/python3
"""Scores the link rewriter over a folder: links_score.py BENCH_TRACKING FOLDER

Tables (*.tsv with the columns fragment, url and perhaps also): the first link must lead where `url` leads, by the
URL parser of Node.js; an empty `url` means that the fragment stays as it is. HTML files: put back, the links give the
original byte for byte, the pixel stands once, and the links are those that Python's html.parser sees. Prints what is
wrong, and one JSON line a folder.
"""
import html.parser
import json
import pathlib
import re
import subprocess
import sys

PIXEL = b"<!--pixel-->"
NORMALIZE = """
const lines = require('fs').readFileSync(0, 'utf8').split('\\n');
for (const line of lines) { try { console.log(new URL(JSON.parse(line)).href) } catch { console.log('') } }
"""


def rewrite(bench, documents):
    """[(rewritten, [url, …])] of each document."""
    run = subprocess.run([bench, "rewrite"], input=b"".join(d + b"\0" for d in documents), capture_output=True,
                         check=True)
    results = []
    for answer in run.stdout.split(b"\0")[:-1]:
        text, *urls = answer.split(b"\1")
        results.append((text, [url.decode() for url in urls]))
    return results


def normalized(urls):
    run = subprocess.run(["node", "-e", NORMALIZE], input="\n".join(map(json.dumps, urls)), capture_output=True,
                         text=True, check=True)
    return run.stdout.split("\n")[:len(urls)]


def unescaped(text):
    names = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "\\": "\\"}
    return re.sub(r"\\([tnrf\\])", lambda match: names[match[1]], text)


def score_table(bench, path):
    header, *lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    columns = header.split("\t")
    rows = [dict(zip(columns, line.split("\t"))) for line in lines]
    fragments = [unescaped(row["fragment"]).encode() for row in rows]
    results = rewrite(bench, fragments)
    got = normalized([urls[0] if urls else "" for _, urls in results])
    wanted = normalized([row["url"] for row in rows])
    also = normalized([row.get("also", "") for row in rows])
    right = 0
    for row, fragment, (text, urls), url, want, other in zip(rows, fragments, results, got, wanted, also):
        same = text.replace(PIXEL, b"") == fragment
        good = same and not urls if not row["url"] else url == want
        good = good or (row.get("also") == "untouched" and same) or (other and url == other)
        right += bool(good)
        if not good:
            print(f"{path.name}: {row['fragment'][:120]}\n  wanted {row['url'][:120]!r}, got {urls[:1]}")
    return right, len(rows)


class Links(html.parser.HTMLParser):
    CDATA_CONTENT_ELEMENTS = ("script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes")

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.links = []

    def handle_starttag(self, tag, attrs):
        values = dict(reversed(attrs))
        href = values.get("href") or ""
        if tag in ("a", "area") and re.match(r"\s*https?:", href, re.I):
            self.links.append(href)


def score_document(original, text, urls):
    """What is wrong, or None."""
    if text.count(PIXEL) != 1 + original.count(PIXEL):
        return "the pixel is not there once"
    pieces = re.split(rb"@(\d+)@", text.replace(PIXEL, b"", 1))
    pattern = b"(.*?)".join(re.escape(piece) for piece in pieces[::2])
    if not re.fullmatch(pattern, original, re.S):
        return "other bytes changed"
    parser = Links()
    parser.feed(original.decode("utf-8", "replace"))
    parser.close()
    mine, theirs = normalized(urls), [url for url in normalized(parser.links) if url]
    if mine != theirs:
        return f"{len(mine)} links, html.parser sees {len(theirs)}: {sorted(set(mine) ^ set(theirs))[:3]}"
    return None


def main():
    bench, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    right = total = links = 0
    for path in sorted(folder.rglob("*.tsv")):
        if path.read_text(encoding="utf-8", errors="replace").startswith("fragment\t"):
            good, rows = score_table(bench, path)
            right, total = right + good, total + rows
    documents = [path for path in sorted(folder.rglob("*")) if path.suffix in (".html", ".htm", ".hbs", ".mjml")]
    contents = [path.read_bytes() for path in documents]
    for path, original, (text, urls) in zip(documents, contents, rewrite(bench, contents)):
        wrong = score_document(original, text, urls)
        right, total, links = right + (wrong is None), total + 1, links + len(urls)
        if wrong:
            print(f"{path}: {wrong}")
    print(json.dumps({"bench": "links", "folder": str(folder), "right": right, "of": total, "links": links}))
    return 0 if right == total else 1


if __name__ == "__main__":
    sys.exit(main())
