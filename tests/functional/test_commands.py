"""egctl commands: the catalogue for other tools."""
import json
import os
import subprocess

from catalogue import commands
from gateway import BIN
from process import free_port


def run(*words):
    """Of a machine without a gateway."""
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "EGCTL_URL": f"http://127.0.0.1:{free_port()}"}
    return subprocess.run([BIN / "egctl", "commands", *words], env=env, capture_output=True, text=True)


def test_it_holds_all_that_the_catalogue_does():
    done = run("-o", "json")
    assert done.returncode == 0 and done.stderr == ""
    found = json.loads(done.stdout)
    assert [one["Name"] for one in found["Commands"]] == [one["name"] for one in commands()]
    for one, known in zip(found["Commands"], commands()):
        assert (one["Caller"], one["Method"], one["Path"]) == (known["caller"], known["method"], known["path"])
        assert [(param["Name"], param["Type"], param["Required"], param.get("Choices", []))
                for param in one["Parameters"]] == [
            (param["name"], param["type"], param["required"], param["choices"]) for param in known["params"]]
        assert [(field["Path"], field["Type"], field["Always"]) for field in one["Answer"]] == [
            (field["path"], field["type"], field["always"]) for field in known["fields"]]
        assert {str(error["Code"]): {"status": error["HTTPStatus"], "exit": error["ExitStatus"]}
                for error in one["Errors"]}.items() <= known["refusals"].items()
        assert one["ExampleRequest"] == known["example"]
    own = {one["Egctl"]: one for one in found["EgctlCommands"]}
    assert own["dnsrecords"]["Argument"] == "domain" and "apply" in own
    assert [one["ExitStatus"] for one in found["ExitStatuses"]] == list(range(11))


def test_people_get_a_table_and_scripts_one_value():
    table = run("-o", "table").stdout
    assert "adddomain" in table and "dnsrecords" in table and "sender_key" in table
    assert run("--field", "Commands[0].Name").stdout == commands()[0]["name"] + "\n"
    assert run("surplus").returncode == 2
