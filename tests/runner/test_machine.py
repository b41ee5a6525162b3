import json
import subprocess
from pathlib import Path

from qbench.plan.machine import fingerprint, machine
from qbench.runner.machine import git_state, provenance


def test_a_fingerprint_stays_the_same() -> None:
    assert fingerprint() == machine()["fingerprint"] == fingerprint()
    assert len(fingerprint()) == 16


def test_provenance_is_plain_json_with_load_and_cpu() -> None:
    values = json.loads(json.dumps(provenance()))
    assert values["load"] >= 0
    assert values["cores"] >= 1
    assert values["memory_bytes"] > 1e8
    assert values["cpu"]


def test_a_changed_file_makes_the_commit_dirty(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None

    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
        subprocess.run(
            ["git", *identity, "-c", "commit.gpgsign=false", "-c", "core.hooksPath=", *arguments],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )

    git("init")
    (tmp_path / "results").mkdir()
    for name in ("suite.yaml", "results/models.md"):
        (tmp_path / name).write_text("one\n")
    git("add", ".")
    git("commit", "-m", "one")
    state = git_state(tmp_path)
    assert state is not None
    assert (len(state.commit), state.dirty) == (40, False)
    (tmp_path / "results" / "models.md").write_text("two\n")
    assert git_state(tmp_path / "results") == git_state(tmp_path) == state, "what a run wrote"
    (tmp_path / "suite.yaml").write_text("two\n")
    changed = git_state(tmp_path)
    assert changed is not None
    assert (changed.commit, changed.dirty) == (state.commit, True)
