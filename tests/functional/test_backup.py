"""egctl backup, egd --restore and egd --check, with the real binaries."""
import os
import stat
import subprocess
import threading

from gateway import BIN, Gateway, message
from waiting import wait_for


def egd(*words, stdin=None):
    """(exit status, everything it said)"""
    run = subprocess.run([BIN / "egd", *map(str, words)], input=stdin, capture_output=True, timeout=60)
    return run.returncode, (run.stdout + run.stderr).decode()


def sound(data_dir):
    status, said = egd("--check", "--data-dir", data_dir)
    assert status == 0, said
    return said


def test_a_backup_made_while_mail_is_accepted_is_restored_and_delivered(make_gateway, make_sink, tmp_path):
    sink = make_sink()
    gateway = make_gateway({"delivery": {"retry_schedule": ["1s"]}})
    gateway.start()
    _, key = gateway.add_domain()
    kept = [gateway.send(key, message(PlainContent="x" * size)).json["MessageID"] for size in (10, 100_000)]
    stop = threading.Event()

    def keep_sending():
        while not stop.is_set():
            assert gateway.send(key, message()).status == 200

    sender = threading.Thread(target=keep_sending)
    sender.start()
    file = tmp_path / "egd.tar.zst"
    saved = gateway.egctl_json("backup", file)
    stop.set()
    sender.join()
    assert saved == {"File": str(file), "Bytes": file.stat().st_size}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.part"))
    sound(gateway.folder / "data")  # while egd runs

    (tmp_path / "second").mkdir()
    restored = Gateway({"delivery": {"smarthost": f"127.0.0.1:{sink.port}"}}, folder=tmp_path / "second")
    status, said = egd("--restore", file, "--data-dir", restored.folder / "data")
    assert status == 0, said
    assert "Restored into" in said
    restored.start()
    try:
        wait_for(lambda: all(any(one.encode() in data for _, data in sink.received()) for one in kept), "both mails")
        assert restored.send(key, message()).status == 200  # its keys came with it
    finally:
        restored.stop()
    sound(restored.folder / "data")


def test_a_backup_to_standard_output_goes_through_a_pipe(make_gateway, tmp_path):
    gateway = make_gateway()
    gateway.start()
    made = subprocess.run([BIN / "egctl", "--url", f"unix:{gateway.socket}", "backup", "-"], capture_output=True,
                          timeout=60)
    assert made.returncode == 0, made.stderr
    status, said = egd("--restore", "-", "--data-dir", tmp_path / "data", stdin=made.stdout)
    assert status == 0, said
    assert sorted(os.listdir(tmp_path / "data")) == ["admin.key", "egd.db", "master.key"]


def test_a_backup_that_cannot_be_written_leaves_no_file(make_gateway, tmp_path):
    gateway = make_gateway()
    gateway.start()
    refused = gateway.egctl("backup", tmp_path / "no" / "egd.tar.zst", check=False)
    assert refused.returncode == 1 and "No such file or directory" in refused.stderr
    assert "/api.php" not in gateway.log_text().split("started", 1)[1]  # nothing was asked for
    device = gateway.egctl("backup", "/dev/null", check=False)
    assert device.returncode == 1 and "is not a regular file" in device.stderr
    denied = gateway.egctl("--url", f"http://127.0.0.1:{gateway.port}", "backup", tmp_path / "f", check=False,
                           environment={"EGCTL_API_KEY": "wrong"})
    assert denied.returncode == 4
    assert os.listdir(tmp_path) == []


def test_what_is_wrong_with_a_data_directory_is_said(make_gateway, tmp_path):
    gateway = make_gateway()
    gateway.start()
    gateway.stop()
    data = gateway.folder / "data"
    with open(data / "egd.db", "r+b") as database:
        database.seek(3 * 8192)
        database.write(b"\xff" * 8192)
    status, said = egd("--check", "--data-dir", data)
    assert status == 1 and "damaged" in said
    status, said = egd("--check", "--data-dir", tmp_path)
    assert status == 1 and "There is no database" in said
    status, said = egd("--restore", data / "egd.db", "--data-dir", data)
    assert status == 1 and "is not empty" in said
    status, said = egd("--restore", data / "egd.db", "--data-dir", tmp_path / "new")
    assert status == 1 and "is not a whole backup" in said
