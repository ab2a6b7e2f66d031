"""The engine inside nbgrader: by configuration alone, with its gradebook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from traitlets.config import Config

from autograder import bench
from autograder.course import Course
from autograder.engine.execute import IsolatedExecute
from autograder.engine.limits import Limits
from autograder.engine.processes import layers
from autograder.engine.scores import points
from autograder.engine.wire.messages import Cause, Verdict
from tests.engine.small_class import ROOT, make_course, nbgrader, scores
from tests.engine.small_course import cell


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of three: right, wrong and broken, graded by `nbgrader autograde`."""
    root = make_course(tmp_path_factory.mktemp("course"))
    released = root.joinpath("release/ps1/p1.ipynb").read_text()
    answered = json.loads(released)
    next(c for c in answered["cells"] if c["id"] == "f")["source"] = [
        "def f(x): return x + x"
    ]
    right = json.dumps(answered)
    for student, text in {
        "right": right, "wrong": released, "broken": released[:300],
        "doubled": json.dumps(doubled(json.loads(right))),
    }.items():  # fmt: skip
        folder = root / "submitted" / student / "ps1"
        folder.mkdir(parents=True)
        folder.joinpath("p1.ipynb").write_text(text)
    assert nbgrader(root, "autograde", "ps1") == 1, "a broken file ends in an error"
    return root


def doubled(notebook: dict) -> dict:
    """The same notebook with every cell copied, as copy and paste does it."""
    notebook["cells"] = [dict(c) for c in notebook["cells"] for _ in range(2)]
    return notebook


def test_everybody_has_scores(course: Path) -> None:
    assert scores(course, "right") == {"test_f": 1, "essay": 0}
    assert scores(course, "wrong") == {"test_f": 0, "essay": 0}
    assert scores(course, "broken") == {"test_f": 0, "essay": 0}
    assert scores(course, "doubled")["test_f"] == 1


def test_remarks_stand_in_the_graded_notebook(course: Path) -> None:
    def remarks(student: str) -> str:
        path = course / "autograded" / student / "ps1" / "p1.ipynb"
        return str(nbformat.read(path, as_version=4).metadata.autograder.remarks)

    assert remarks("right") == "[]"
    assert "no notebook" in remarks("broken")
    assert "test_f appears twice" in remarks("doubled")


def test_manual_scores_survive(course: Path) -> None:
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("essay", "p1", "ps1", "right")
        grade.manual_score = 1.5
        gradebook.db.commit()
    assert nbgrader(course, "autograde", "ps1", "--student", "right", "--force") == 0
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("essay", "p1", "ps1", "right")
        assert grade.manual_score == grade.score == 1.5 and grade.needs_manual_grade


SLOW_FOR_STOCK = ("jazz_improvisation",)  # TensorFlow anew for each student


@pytest.mark.slow
@pytest.mark.parametrize("assignment", Course(ROOT).assignments())
def test_same_scores_as_stock_nbgrader(assignment: str) -> None:
    """Demonstrations, which the engine never runs, change no score in stock."""
    with bench.sample_course(Course(ROOT), assignment) as (course, students):
        if not students:
            pytest.skip("a new assignment has no sample class yet")
        skip = ""  # once they run
        for student in students[:: 3 if assignment in SLOW_FOR_STOCK else 1]:
            ours = bench.plain(course, assignment, student)
            if not ours:
                continue
            stock = bench.grade(course, assignment, student, False, skip)
            if None not in stock.values():  # where stock could grade it at all
                assert ours[student] == stock
                skip = "demo"
        assert skip, "nobody was compared"


# --- scores -----------------------------------------------------------------------

PASSED = Verdict(ran=True)
FAILED = [
    None,
    Verdict(),
    Verdict(ran=True, error="AssertionError"),
    Verdict(ran=True, trouble="slow", cause=Cause.TEST),
    Verdict(ran=True, trouble="killed", cause=Cause.STUDENT),
    Verdict(error="AssertionError"),
]


def graded_cell(*outputs: Any, kind: str = "test") -> NotebookNode:
    """A cell worth four points with what it showed."""
    made = cell(kind, "t", "assert f")
    made.metadata.nbgrader.points = 4
    made.outputs = [nbformat.from_dict(output) for output in outputs]
    return made


def shown(value: Any) -> dict[str, Any]:
    return {
        "output_type": "execute_result",
        "data": {"text/plain": value},
        "metadata": {},
        "execution_count": 1,
    }


STDERR = {"output_type": "stream", "name": "stderr", "text": "a warning"}
ERROR = {"output_type": "error", "ename": "E", "evalue": "", "traceback": []}


def test_what_passed_has_its_points() -> None:
    assert points(graded_cell(), PASSED) == 4
    assert points(graded_cell(STDERR), PASSED) == 4
    assert points(graded_cell(shown("2.5")), PASSED) == 2.5


@pytest.mark.parametrize("verdict", FAILED, ids=str)
def test_what_did_not_pass_has_none(verdict: Verdict | None) -> None:
    """Whatever its outputs look like."""
    for outputs in ([], [STDERR], [shown("4")], [shown("1.0")]):
        assert points(graded_cell(*outputs), verdict) == 0


@pytest.mark.parametrize("value", ["5", "1e9", "inf", "-3"])
def test_more_points_than_there_are(value: str) -> None:
    score = points(graded_cell(shown(value)), PASSED)
    assert score is not None and 0 <= score <= 4


ODDLY = {
    "-997.0": True, "-inf": True, "nan": True, "np.float64(0.0)": True, "-1e-09": True,
    "0.0": False, "4": False, "True": False, "inf": False, "-": False, "'-3'": False,
}  # fmt: skip


@pytest.mark.parametrize("value", ODDLY)
def test_a_value_that_nbgrader_takes_for_full_points_is_told(value: str) -> None:
    graded = graded_cell(shown(value))
    graded.metadata["nbgrader"]["grade_id"] = "test_f"
    notebook = nbformat.v4.new_notebook(cells=[graded])
    IsolatedExecute()._note(notebook, {"test_f": PASSED})
    remarks = notebook.metadata.autograder.remarks
    assert bool(remarks) == ODDLY[value] and "test_f" in str(remarks or "test_f")
    if ODDLY[value]:
        assert points(graded, PASSED) == 4


def test_an_error_that_is_shown_costs_all() -> None:
    assert points(graded_cell(ERROR), PASSED) == 0


def test_people_give_points_for_manual_cells() -> None:
    assert points(graded_cell(kind="manual"), None) is None


# --- configuration ----------------------------------------------------------------


def test_every_limit_is_a_setting() -> None:
    config = Config()
    config.IsolatedExecute.cell_seconds = 3
    config.IsolatedExecute.memory_bytes = 1 << 20
    config.IsolatedExecute.together = ["t"]
    config.IsolatedExecute.environment = {"A": "1"}
    config.IsolatedExecute.preload_for = {"ps2": ["json"]}
    made = IsolatedExecute(config=config)
    assert made.limits() == Limits(cell_seconds=3, memory_bytes=1 << 20)
    assert IsolatedExecute().limits() == Limits()
    assert made.settings("ps1").together == ["t"] and made.settings(
        "ps1"
    ).environment == {"A": "1"}
    assert made.settings("ps2").preload == ("json",)
    assert made.settings("ps1").preload == IsolatedExecute().settings("ps2").preload


def test_a_missing_layer_is_told_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "missing", lambda: ["moat"])
    IsolatedExecute().check_sandbox()
    with pytest.raises(NbGraderException, match="lacks moat"):
        IsolatedExecute(require_sandbox=True).check_sandbox()
    monkeypatch.setattr(layers, "missing", list)
    IsolatedExecute(require_sandbox=True).check_sandbox()


def test_half_of_the_configuration_is_refused() -> None:
    with pytest.raises(NbGraderException, match="needs all of"):
        IsolatedExecute().preprocess(nbformat.v4.new_notebook(), {})


def test_together_is_a_setting_of_the_course(tmp_path: Path) -> None:
    """And what a cell's tags say comes from the master, not from what was handed in."""
    root = make_course(tmp_path)
    released = json.loads(root.joinpath("release/ps1/p1.ipynb").read_text())
    answer = (
        "class F(int):\n    def __eq__(self, other): return True\ndef f(x): return F()"
    )
    for found in released["cells"]:
        if found["id"] == "f":
            found["source"] = answer
        found["metadata"].setdefault("tags", []).append("together")
    folder = root / "submitted/liar/ps1"
    folder.mkdir(parents=True)
    folder.joinpath("p1.ipynb").write_text(json.dumps(released))
    assert nbgrader(root, "autograde", "ps1") == 0
    assert scores(root, "liar")["test_f"] == 0, "tags of a submission say nothing"
    option = "--IsolatedExecute.together=True"
    assert nbgrader(root, "autograde", "ps1", "--force", option) == 0
    assert scores(root, "liar")["test_f"] == 1, "as stock nbgrader would have it"
