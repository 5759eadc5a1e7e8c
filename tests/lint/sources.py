"""The files that the lints look at."""
import os
import pathlib

TOP = ["CMakeLists.txt", "cli", "daemon", "shared", "man", "completions", "config", "tests", "README.md", ".ci"]
SKIPPED = {"node_modules", "__pycache__", ".pytest_cache", "seeds"}


def all_files(root="."):
    for top in TOP:
        path = pathlib.Path(root, top)
        if path.is_file():
            yield path
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(set(folders) - SKIPPED)
            yield from (pathlib.Path(folder, name) for name in sorted(names))
