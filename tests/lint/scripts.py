#!/usr/bin/python3
"""Every shell script parses under sh, every Python file compiles."""
import subprocess
import sys

import sources


def shebang(path):
    with open(path, "rb") as file:
        return file.readline(200).decode(errors="replace").rstrip()


def problem_of(path):
    first = shebang(path)
    if path.suffix == ".sh" or first.endswith("/sh"):
        return subprocess.run(["sh", "-n", path], capture_output=True, text=True).stderr
    if first.endswith("bash"):
        return subprocess.run(["bash", "-n", path], capture_output=True, text=True).stderr
    if path.suffix == ".py":
        try:
            compile(path.read_text(), str(path), "exec")
        except SyntaxError as error:
            return f"{path}:{error.lineno}: {error.msg}"
    return ""


found = [problem for path in sources.all_files() if (problem := problem_of(path))]
print("\n".join(found) if found else "every script parses")
sys.exit(1 if found else 0)
