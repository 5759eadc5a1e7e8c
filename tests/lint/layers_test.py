#!/usr/bin/python3
"""The layer lint finds what it is there to find."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layers  # noqa: E402

GOOD = {
    "shared/base/a.h": '#include <string>\n#include "shared/base/b.h"\n',
    "daemon/store/a.cpp": '#include <SQLiteCpp/Database.h>\n#include "daemon/core/domain.h"\n',
    "daemon/api/handlers/domains.cpp": '#include "daemon/service/domains.h"\n#include "daemon/api/handler.h"\n',
    "daemon/main.cpp": '#include <CLI/CLI.hpp>\n#include "daemon/api/server.h"\n',
    "cli/main.cpp": '#include <httplib.h>\n#include "shared/config/profile.h"\n',
}
BAD = {
    "daemon/core/a.h": '#include "daemon/store/store.h"\n',      # upward
    "daemon/store/a.cpp": '#include "daemon/dns/resolver.h"\n',  # sideways
    "daemon/service/a.cpp": "#include <sqlite3.h>\n",            # confined
    "daemon/auth/a.cpp": "  #  include <boost/asio.hpp>\n",      # confined, oddly spaced
    "shared/base/a.cpp": '#include "cli/output.h"\n',            # the daemon's side sees cli
    "cli/a.cpp": '#include "daemon/core/domain.h"\n',            # cli sees the daemon
    "daemon/net/a.cpp": '#include "edge.h"\n',                   # not from the root
    "daemon/attic/a.cpp": "",                                    # unknown room
}


def found_in(files):
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return [line.split(":")[0] for line in layers.problems(root)]


assert found_in(GOOD) == [], found_in(GOOD)
assert sorted(found_in(BAD)) == sorted(BAD), found_in(BAD)
print(f"{len(GOOD)} good and {len(BAD)} bad files judged rightly")
