"""Starts the real trainer as its users do, and reads what it says."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TRAINER = Path(__file__).resolve().parent.parent
EXAMPLES = TRAINER / "examples"
sys.path.insert(0, str(TRAINER))
STOPPED = 75


class Trainer:
    """Jobs in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, **fields):
        """A job file."""
        fields = {"seed": 11, "output": "out", "device": "cpu", "weights": "scratch", **fields}
        path = self.folder / f"{fields['output']}.json"
        path.write_text(json.dumps(fields, default=str))
        return path

    def start(self, **fields):
        """The trainer, running."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, str(TRAINER / "train.py"), "--job", str(self.write(**fields))]
        return subprocess.Popen(
            command, env=environment, cwd=self.folder, text=True, stdout=subprocess.PIPE
        )

    def run(self, **fields):
        """Exit status and lines of a job that is left alone."""
        return ended(self.start(**fields))

    def stop_at_first_progress(self, number=signal.SIGTERM, **fields):
        """Exit status and lines of a job that is told to stop once it makes progress."""
        process = self.start(**fields)
        lines = []
        for line in process.stdout:
            lines.append(json.loads(line))
            if lines[-1]["type"] == "progress":
                process.send_signal(number)
                break
        status, rest = ended(process)
        return status, lines + rest

    def predict(self, *arguments, output="out"):
        """What the handed-out program says, run in isolation from this package."""
        command = [sys.executable, str(self.folder / output / "predict.py"), *map(str, arguments)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        said = subprocess.run(
            command, cwd="/", env=environment, text=True, capture_output=True, check=True
        )
        return [json.loads(line) for line in said.stdout.splitlines()]

    def curve(self, output="out"):
        """The curve of a finished job."""
        return json.loads((self.folder / output / "metrics.json").read_text())["curve"]

    def weights(self, output="out"):
        """The bytes of a finished job's weights."""
        return (self.folder / output / "model.safetensors").read_bytes()

    def goes_on_as_if_never_stopped(self, **fields):
        """Compares an interrupted training with one that was left alone, to the last bit."""
        status, lines = self.run(output="whole", **fields)
        assert status == 0, lines
        status, lines = self.stop_at_first_progress(output="parts", **fields)
        assert status == STOPPED, lines
        assert lines[-1]["type"] == "stopped" and lines[-1]["because"] == "signal"
        saved = only(lines, "checkpoint")[-1]
        assert 0 < saved["step"] == lines[-1]["step"] < only(lines, "started")[0]["steps_total"]
        assert not (self.folder / "parts").exists()
        status, lines = self.run(output="parts", checkpoint=saved["path"], **fields)
        assert status == 0, lines
        assert only(lines, "started")[0]["step"] == saved["step"]
        assert self.curve("parts") == self.curve("whole")
        assert self.weights("parts") == self.weights("whole")


def ended(process):
    """Exit status and lines of a process, when it is over."""
    lines = [json.loads(line) for line in process.stdout]
    return process.wait(timeout=120), lines


def only(lines, kind):
    """The lines of one type."""
    return [line for line in lines if line["type"] == kind]


@pytest.fixture
def trainer(tmp_path):
    """Jobs in a folder of their own."""
    return Trainer(tmp_path)
