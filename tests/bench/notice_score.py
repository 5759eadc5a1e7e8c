#!/usr/bin/env python3
"""How well mail that came back is understood: reads a folder of mails with a table of truth and prints the score as one JSON line.

The table, truth.tsv in the folder or the file named by --truth, has tabs and one header line. Of bounces: file, index (n-th
recipient), recipient, reason, hard (1 or 0); of complaints: file, feedback_type, recipient; of mail that is neither: file, kind.
An empty field is not compared. Each difference is a line on standard error.

  notice_score.py FOLDER [--truth FILE] [--program build/release/bin/notice_score]
"""

import argparse
import csv
import json
import pathlib
import subprocess
import sys


def read_truth(path):
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    by_file = {}
    for row in rows:
        by_file.setdefault(row["file"], []).append(row)
    return by_file


def read_mails(program, folder, files):
    paths = [str(folder / name) for name in files]
    if missing := [path for path in paths if not pathlib.Path(path).is_file()]:
        sys.exit(f"{len(missing)} files of the table are missing, the first of them {missing[0]}")
    output = subprocess.run([program], input="\n".join(paths) + "\n", capture_output=True, check=True, text=True).stdout
    *results, summary = [json.loads(line) for line in output.splitlines()]
    return dict(zip(files, results)), summary


def find_recipient(result, row):
    """The recipient a row is about: by address, else by its place."""
    recipients = result["recipients"]
    wanted = row["recipient"].lower()
    if wanted:
        for recipient in recipients:
            if wanted in (recipient["address"].lower(), recipient["original"].lower()):
                return recipient
    place = int(row["index"]) - 1
    return recipients[place] if place < len(recipients) else None


def say(text):
    print(text, file=sys.stderr)


def ratio(part, whole):
    return round(100 * part / whole, 2) if whole else None


def score_bounces(truth, results):
    recognised = found = judged = right = undefined = reasons = same_reason = rows = 0
    for name, expected in truth.items():
        result = results[name]
        if result["kind"] == "bounce":
            recognised += 1
        else:
            say(f"not recognised: {name} ({result['kind']})")
        for row in expected:
            rows += 1
            recipient = find_recipient(result, row) if result["kind"] == "bounce" else None
            if recipient is None:
                say(f"recipient not found: {name} {row['index']}")
                continue
            found += 1
            undefined += recipient["reason"] == "undefined"
            if row["reason"]:
                reasons += 1
                same_reason += row["reason"] == recipient["reason"]
            if row["hard"]:
                judged += 1
                right += (row["hard"] == "1") == recipient["hard"]
                if (row["hard"] == "1") != recipient["hard"]:
                    say(f"hard {recipient['hard']}, {recipient['reason']} for {row['reason']}: {name} | {recipient['response'][:150]}")
    return {
        "files": len(truth), "recognised_percent": ratio(recognised, len(truth)), "rows": rows, "rows_found_percent": ratio(found, rows),
        "hard_or_soft_right_percent": ratio(right, judged), "same_reason_percent": ratio(same_reason, reasons),
        "undefined_percent": ratio(undefined, found),
    }  # fmt: skip


def score_complaints(truth, results):
    found = typed = 0
    for name, expected in truth.items():
        result = results[name]
        if result["kind"] != "feedback":
            say(f"not recognised: {name} ({result['kind']})")
            continue
        found += 1
        typed += result["type"] == expected[0]["feedback_type"]
    return {"files": len(truth), "recognised_percent": ratio(found, len(truth)), "same_type_percent": ratio(typed, found)}


def score_others(truth, results):
    wrong = [name for name in truth if results[name]["kind"] in ("bounce", "feedback")]
    for name in wrong:
        say(f"taken for a {results[name]['kind']}: {name}")
    return {"files": len(truth), "wrongly_recognised": len(wrong)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--truth", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/bin/notice_score")
    options = parser.parse_args()
    truth = read_truth(options.truth or options.folder / "truth.tsv")
    results, summary = read_mails(options.program, options.folder, list(truth))
    columns = next(iter(truth.values()))[0]
    score = score_bounces if "hard" in columns else score_complaints if "feedback_type" in columns else score_others
    print(json.dumps({"bench": "notice_score", **score(truth, results), "cpu_us_a_mail": round(summary["cpu_us_a_mail"], 1)}))


if __name__ == "__main__":
    main()
