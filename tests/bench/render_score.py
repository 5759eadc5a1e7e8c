#!/usr/bin/python3
"""Whether rewritten mails look and lead as they did, in Chromium, and whether a page fits a phone.

Usage: render_score.py BENCH_TRACKING FOLDER    every *.html, *.htm, *.hbs and *.mjml below it
       render_score.py --page FILE PICTURE      a page 320 pixels wide, without JavaScript; writes its picture
A mail's picture is what 800 by 2400 pixels show of it, beside that of the original; a link is every <a> and <area> that
Chromium's parser sees with an http or https address. Needs the Debian packages chromium, python3-pil and
fonts-dejavu-core. Chromium runs in a network namespace of its own, without any network. Prints what is wrong, and one
JSON line.
"""
import base64
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from PIL import Image, ImageChops

from links_score import PIXEL, rewrite

WIDTH, HEIGHT, AT_ONCE = 800, 2400, 6
TRACKED = "https://track.invalid/c/"
IMAGE = b'<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" width="1" ' \
        b'height="1" alt="" border="0" style="width:1px;height:1px;border:0">'

READ_LINKS = """<!DOCTYPE html><meta charset="utf-8"><pre id="out"></pre><script>
const texts = DOCUMENTS.map(t => new TextDecoder().decode(Uint8Array.from(atob(t), c => c.charCodeAt(0))));
const links = text => [...new DOMParser().parseFromString(text, 'text/html').querySelectorAll('a[href], area[href]')]
  .map(a => a.href).filter(href => /^https?:/.test(href));
document.getElementById('out').textContent = JSON.stringify(texts.map(links));
</script>"""

MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><pre id="out"></pre>
<iframe id="page" sandbox="allow-same-origin" width="320" height="640" style="border:0" srcdoc="PAGE"></iframe><script>
document.getElementById('page').onload = event => {
  const inside = event.target.contentDocument;
  document.getElementById('out').textContent = JSON.stringify({
    width: inside.documentElement.scrollWidth,
    buttons: inside.querySelectorAll('button, input[type=submit]').length,
    focusable: inside.querySelectorAll('a[href], button, input:not([type=hidden])').length,
    language: inside.documentElement.lang, title: inside.title });
};
</script>"""


def chromium(folder, page, *arguments):
    source = folder / "page.html"
    source.write_text(page)
    return subprocess.run(
        ["unshare", "-rn", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--hide-scrollbars", "--force-device-scale-factor=1", "--virtual-time-budget=10000",
         f"--user-data-dir={folder}/profile", *arguments, source.as_uri()],
        capture_output=True, text=True, timeout=600, check=True).stdout


def said(dom):
    return json.loads(html.unescape(re.search(r'<pre id="out">(.*?)</pre>', dom, re.S)[1]))


def links_of(folder, documents):
    encoded = json.dumps([base64.b64encode(document).decode() for document in documents])
    return said(chromium(folder, READ_LINKS.replace("DOCUMENTS", encoded), "--dump-dom"))


def pictures_of(folder, documents):
    """One of each, from a page that shows them below each other; scripts in them do not run."""
    frames = "".join(f'<iframe sandbox="" width="{WIDTH}" height="{HEIGHT}" style="border:0;display:block" '
                     f'srcdoc="{html.escape(document.decode("utf-8", "replace"))}"></iframe>' for document in documents)
    picture = folder / "picture.png"
    chromium(folder, f'<!DOCTYPE html><meta charset="utf-8"><body style="margin:0">{frames}',
             f"--window-size={WIDTH},{HEIGHT * len(documents)}", f"--screenshot={picture}")
    with Image.open(picture) as image:
        whole = image.convert("RGB")
    return [whole.crop((0, HEIGHT * n, WIDTH, HEIGHT * (n + 1))) for n in range(len(documents))]


def with_links(text):
    """As it goes out: tracking links, and the pixel."""
    return re.sub(rb"@(\d+)@", TRACKED.encode() + rb"\1", text).replace(PIXEL, IMAGE)


def led_to(link, urls):
    number = link.removeprefix(TRACKED)
    return urls[int(number)] if number != link else link


def score(bench, root, folder):
    paths = [path for path in sorted(root.rglob("*")) if path.suffix in (".html", ".htm", ".hbs", ".mjml")]
    originals = [path.read_bytes().replace(b"\0", b"") for path in paths]
    rewritten = rewrite(bench, originals)
    changed = [with_links(text) for text, _ in rewritten]
    before, after = links_of(folder, originals), links_of(folder, changed)
    urls = [links for _, links in rewritten]
    led = [[led_to(link, own) for link in links] for links, own in zip(after, urls)]
    leads = links_of(folder, ["".join(f'<a href="{html.escape(link)}">x</a>' for link in links).encode()
                              for links in led])  # as the browser writes them
    same_links = same_picture = 0
    for start in range(0, len(paths), AT_ONCE):
        batch = slice(start, start + AT_ONCE)
        pairs = zip(pictures_of(folder, originals[batch]), pictures_of(folder, changed[batch]))
        for path, (left, right), want, got in zip(paths[batch], pairs, before[batch], leads[batch]):
            box = ImageChops.difference(left, right).getbbox()
            same_picture += box is None
            same_links += want == got
            if box:
                print(f"{path}: the picture differs within {box}")
            if want != got:
                print(f"{path}: {len(want)} links, {len(got)} after; {sorted(set(want) ^ set(got))[:3]}")
    result = {"bench": "render", "folder": str(root), "mails": len(paths), "same_picture": same_picture,
              "same_links": same_links, "links": sum(map(len, before))}
    print(json.dumps(result))
    return same_picture == same_links == len(paths)


def show_page(page, picture, folder):
    text = html.escape(page.read_text())
    measured = said(chromium(folder, MEASURE.replace("PAGE", text), "--dump-dom"))
    chromium(folder, f'<!DOCTYPE html><body style="margin:0"><iframe sandbox="" width="320" height="640" '
             f'style="border:0" srcdoc="{text}"></iframe>', "--window-size=320,640", f"--screenshot={picture}")
    print(json.dumps({"bench": "page", **measured}))
    return measured["width"] <= 320 and measured["buttons"] == 1


def main():
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    with tempfile.TemporaryDirectory(prefix="egd-render-") as folder:
        folder = pathlib.Path(folder)
        if sys.argv[1] == "--page":
            good = show_page(pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]).resolve(), folder)
        else:
            good = score(sys.argv[1], pathlib.Path(sys.argv[2]), folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
