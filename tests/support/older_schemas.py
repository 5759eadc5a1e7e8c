"""Data directories as older egds left them: those in tests/functional/fixtures/schemas, made by the old code itself, and
for the schemas between and before them what can be made of these.

    older = OlderData(folder, 17)     # folder/egd.db has schema 17
    older.facts["sent"]["large"]      # what is in it: see fixtures/schemas/make.py

Of a schema after a fixture's: the fixture, with the migrations up to it applied as the egd of then did. Before the first
fixture: the first one's rows in the tables and columns that there were.
"""
import hashlib
import json
import pathlib
import re
import sqlite3
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests/functional/fixtures/schemas"
MADE = sorted(int(file.name[:4]) for file in FIXTURES.glob("*.json"))
MIGRATIONS = sorted((ROOT / "daemon/store/migrations").glob("*.sql"))
NEWEST = len(MIGRATIONS)


def migrate(database, last):
    """Applies those that are missing, up to this one."""
    database.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                     "checksum TEXT NOT NULL) STRICT")
    first = database.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0]
    for file in MIGRATIONS[first:last]:
        number, name = re.fullmatch(r"(\d+)_(.*)\.sql", file.name).groups()
        database.executescript(file.read_text())
        database.execute("INSERT INTO migrations VALUES (?, ?, ?)",
                         (int(number), name, hashlib.sha256(file.read_bytes()).hexdigest()))
    database.commit()


def columns(database, schema, table):
    return [row[1] for row in database.execute(f'PRAGMA {schema}.table_info("{table}")')]


def tables(database, schema):
    return {row[0] for row in database.execute(f"SELECT name FROM {schema}.sqlite_schema WHERE type = 'table' "
                                               "AND name NOT LIKE 'sqlite_%'")}


def copy_rows(database, number):
    """From the database `later`, of the first fixture, into the one that has an older schema."""
    for table in sorted(tables(database, "main") & tables(database, "later") - {"migrations", "purged_events"}):
        shared = {name: f'"{name}"' for name in columns(database, "main", table)
                  if name in columns(database, "later", table)}
        if table == "domains" and number < 12:  # 0012 moved them into a table of their own
            for name, of in (("dkim_selector", "selector"), ("dkim_private_key", "private_key"),
                             ("dkim_public_key", "public_key")):
                shared[name] = f"(SELECT {of} FROM later.dkim_keys WHERE domain_id = id AND position = 0)"
        database.execute(f'INSERT INTO main."{table}" ({", ".join(map(json.dumps, shared))}) '
                         f'SELECT {", ".join(shared.values())} FROM later."{table}"')
    if 3 <= number < 14:  # 0014 moved a day's counts into a table of their own
        database.execute("INSERT INTO event_counts SELECT day, domain_id, 0, '', accepted, rejected, deferred, delivery, "
                         "bounce, open, click, unsubscribe, complaint FROM later.day_counts")


def inline_segments(database, folder):
    """0013 began to keep large contents in files."""
    rows = database.execute('SELECT message, segment, "offset", length FROM later.contents WHERE segment > 0').fetchall()
    for message, segment, offset, length in rows:
        content = (folder / f"segments/{segment:08}").read_bytes()[offset:offset + length]
        database.execute("UPDATE main.contents SET content = ? WHERE message = ?", (content, message))


class OlderData:
    def __init__(self, folder, number):
        self.folder, self.number = pathlib.Path(folder), number
        base = max((made for made in MADE if made <= number), default=MADE[0])
        self.facts = json.loads((FIXTURES / f"{base:04}.json").read_text())
        self.folder.mkdir(parents=True, mode=0o700)
        with tarfile.open(FIXTURES / f"{base:04}.tar.xz") as archive:
            archive.extractall(self.folder)
        if number > base:
            database = sqlite3.connect(self.folder / "egd.db")
            migrate(database, number)
            database.close()
        elif number < base:
            self.go_back()

    def go_back(self):
        (self.folder / "egd.db").rename(self.folder / "later.db")
        (self.folder / "egd.db-wal").rename(self.folder / "later.db-wal")
        database = sqlite3.connect(self.folder / "egd.db")
        database.execute("PRAGMA page_size = 8192")
        migrate(database, self.number)
        database.execute("ATTACH ? AS later", (str(self.folder / "later.db"),))
        copy_rows(database, self.number)
        if self.number < 13:
            inline_segments(database, self.folder)
        database.commit()
        database.close()
        for file in self.folder.glob("later.db*"):
            file.unlink()
