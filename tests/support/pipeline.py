"""Runs the pipelines of config/ci-examples here: their steps in bash, as GitHub's and GitLab's runners do, as far as these
files ask for it. What is not known is an error, so that nothing is passed over in silence."""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import yaml

# Actions that stand for something outside of the pipeline.
ACTIONS = {"actions/checkout@v4", "actions/upload-artifact@v4", "github/codeql-action/upload-sarif@v3"}
STEP_SECONDS = 120


class Job:
    """One that ran: its exit codes by step, its output, and the folder it ran in."""

    def __init__(self, name, folder):
        self.name, self.folder, self.codes, self.output = name, folder, {}, ""

    @property
    def passed(self):
        return not any(self.codes.values())


def run_in_bash(job, name, script, environment, options):
    """The step in a session of its own, which ends when the job does."""
    log = job.folder / ".output"
    with open(log, "wb") as out:
        child = subprocess.Popen(["bash", "--noprofile", "--norc", *options, "-c", script], cwd=job.folder, env=environment,
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        job.codes[name] = child.wait(STEP_SECONDS)
    finally:
        job.output += f"== {name}\n" + log.read_text()
        log.unlink()
    return child.pid


def end_session(pid):
    try:
        os.killpg(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


def checkout(source, folder):
    shutil.copytree(source / "config/ci-examples", folder / "config/ci-examples")
    return folder


def known(section, keys):
    unknown = {str(key) for key in section} - {str(key) for key in keys}
    assert not unknown, f"the runner does not know {sorted(unknown)}"


def run_github(source, folder, event, secrets, variables):
    """{name: Job} of what that event starts: "push", "pull_request" or "schedule". `variables` are also the environment's."""
    pipeline = yaml.safe_load((source / "config/ci-examples/github-actions.yml").read_text())
    known(pipeline, ["name", True, "env", "jobs"])  # "on" is a boolean to YAML
    assert event in pipeline[True]
    values = {**{f"secrets.{key}": value for key, value in secrets.items()},
              **{f"vars.{key}": value for key, value in variables.items()}}

    def filled(text):
        return re.sub(r"\$\{\{ *(\S+) *\}\}", lambda found: values.get(found[1], ""), str(text))

    def holds(condition):
        found = re.fullmatch(r"github\.event_name (==|!=) '(\w+)'", condition)
        assert found, f"the runner does not know the condition {condition}"
        return (event == found[2]) == (found[1] == "==")

    jobs = {}
    for name, job in pipeline["jobs"].items():
        known(job, ["name", "if", "needs", "runs-on", "container", "concurrency", "permissions", "env", "steps"])
        needed = jobs.get(job.get("needs"))
        if not holds(job["if"]) or (needed and not needed.passed):
            continue
        ran = jobs[name] = Job(name, checkout(source, pathlib.Path(folder) / name))
        environment = {**os.environ, **variables,
                       **{key: filled(text) for key, text in {**pipeline["env"], **job.get("env", {})}.items()}}
        sessions = []
        for step in job["steps"]:
            known(step, ["name", "uses", "with", "if", "run"])
            assert step.get("if", "always()") == "always()"
            if "uses" in step:
                assert step["uses"] in ACTIONS, step["uses"]
            elif ran.passed or "if" in step:
                sessions.append(run_in_bash(ran, step["name"], filled(step["run"]), environment, ["-e"]))
        for session in sessions:
            end_session(session)
    return jobs


def run_gitlab(source, folder, event, variables):
    """{name: Job} of what that event starts: "push", "merge_request_event" or "schedule"."""
    pipeline = yaml.safe_load((source / "config/ci-examples/gitlab-ci.yml").read_text())
    default, stages = pipeline.pop("default"), pipeline.pop("stages")
    known(default, ["image", "before_script"])
    environment = {**os.environ, **variables, "CI_PIPELINE_SOURCE": event}

    def holds(rule):
        found = re.fullmatch(r'\$CI_PIPELINE_SOURCE (==|!=) "(\w+)"', rule["if"])
        assert found, f"the runner does not know the rule {rule}"
        return (event == found[2]) == (found[1] == "==")

    jobs = {}
    for stage in stages:
        if not all(job.passed for job in jobs.values()):
            break
        for name, job in pipeline.items():
            known(job, ["stage", "rules", "script", "after_script", "artifacts", "resource_group"])
            if job["stage"] != stage or not any(holds(rule) for rule in job["rules"]):
                continue
            ran = jobs[name] = Job(name, checkout(source, pathlib.Path(folder) / name))
            options = ["-e", "-o", "pipefail"]
            session = run_in_bash(ran, "script", "\n".join(default["before_script"] + job["script"]), environment, options)
            if "after_script" in job:
                run_in_bash(ran, "after_script", "\n".join(job["after_script"]), environment, options)
            end_session(session)
    return jobs
