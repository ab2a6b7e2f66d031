"""The instructor's guide, followed to the letter: a term of a small assignment."""

from __future__ import annotations

import getpass
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder import cli
from autograder.course import Course
from tests.test_docs import ROOT, commands

EXPORT = "nbgrader export"
ALONE = ("autograder doctor", "autograder release", "autograder check-course", EXPORT)
NAME = "rnn_lstm"  # of the guide; here a small assignment has it
DOCS = ROOT / "docs"
TYPED = [DOCS / "instructor-guide.md", ROOT / "README.md"]
TYPED += [DOCS / f"{name}.md" for name in ("report", "feedback", "commands", "term")]
ELSEWHERE = (
    *("make", "autograder demo", "autograder audit rnn_lstm --exercise"),
    *("nbgrader zip_collect", "nbgrader db student add"),  # in tests/classroom/
)
FORM = re.compile(r"\b(COMMAND|ASSIGNMENT|ID|EXPORT|ps\d)\b(?!\.zip)")  # or test_term

pytestmark = pytest.mark.slow


class Term:
    """A course folder, an exchange, and people who type commands."""

    def __init__(self, place: Path) -> None:
        self.root, exchange = place / "course", place / "exchange"
        (self.root / "source").mkdir(parents=True)
        exchange.mkdir()
        exchange.chmod(0o777)
        shutil.copy(ROOT / "nbgrader_config.py", self.root)
        shared = place / "etc" / "nbgrader_config.py"
        shared.parent.mkdir()
        shared.write_text(
            f"c = get_config()\nc.Exchange.root = {str(exchange)!r}\n"
            'c.CourseDirectory.course_id = "sequence_models"\n'
        )
        os_home = {"HOME": str(place), "JUPYTER_CONFIG_PATH": str(shared.parent)}
        self.environment = {**os.environ, **os_home}
        self.done: dict[str, str] = {}

    def type(self, line: str, folder: Path | None = None) -> None:
        """Run a command; it must end well."""
        program, *words = shlex.split(line)
        ended = subprocess.run(
            [sys.executable, "-m", program, *words], cwd=folder or self.root,
            env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        self.done[line] = ended.stdout + ended.stderr
        assert ended.returncode == 0, (line, self.done[line][-2000:])

    def prepare(self, line: str) -> None:
        """What a guide takes for granted before some of its commands."""
        if "students.csv" in line:
            text = "id,first_name,last_name,email,lms_user_id\nada,Ada,L,,12\n"
            (self.root / "students.csv").write_text(text)
        if "EXPORT.zip" in line:
            with zipfile.ZipFile(self.root / "EXPORT.zip", "w") as archive:
                archive.write(self.answered(), f"ada/{NAME}/work.ipynb")
        if line == f"nbgrader collect {NAME}":
            self.type(f"nbgrader release_assignment {NAME}")
            self.hand_in()
        if line.endswith("--update"):
            self.hand_in()

    def answered(self) -> Path:
        """The master, its solutions as a student's answers."""
        master = Course(self.root).master(NAME)
        path = self.root.parent / master.name
        notebook = nbformat.read(master, as_version=4)
        for cell in notebook.cells:
            lines = cell.source.splitlines()
            cell.source = "\n".join(x for x in lines if "### " not in x)
        nbformat.write(notebook, path)
        return path

    def hand_in(self) -> None:
        """As a student, by the exchange."""
        own = self.root.parent / "student"
        own.mkdir(exist_ok=True)
        if not (own / NAME).exists():
            self.type(f"nbgrader fetch_assignment {NAME}", own)
        shutil.copy(self.answered(), own / NAME)
        self.type(f"nbgrader submit {NAME}", own)


@pytest.fixture(scope="module")
def term(tmp_path_factory: pytest.TempPathFactory) -> Term:
    """Everything that the guides tell an instructor to type, in their order."""
    term = Term(tmp_path_factory.mktemp("term"))
    assert cli.main(["--course", str(term.root), "new", NAME]) == 0
    wanted = [
        line
        for line in dict.fromkeys(line for page in TYPED for line in commands(page))
        if not line.startswith(ELSEWHERE) and not FORM.search(line)
        if len(shlex.split(line)) > 2 or line in ALONE
    ]
    for line in wanted:
        if line not in term.done:
            term.prepare(line)
            if line not in term.done:
                term.type(line)
    return term


def test_every_command_was_typed_and_ended_well(term: Term) -> None:
    assert len(term.done) >= 25
    assert term.done.keys() >= {EXPORT, "autograder release", "autograder new NAME"}


def test_everybody_has_a_grade_a_page_and_a_line_of_the_export(term: Term) -> None:
    me = getpass.getuser()
    course = Course(term.root)
    results = course.root / "grades.csv"
    for student in ("ada", me):
        assert list(course.folder("feedback", student, NAME).glob("*.html"))
        assert student in results.read_text()
    graded = term.done[f"autograder grade {NAME}"]
    assert "2 graded" in graded, graded


def test_the_report_is_there(term: Term) -> None:
    assert f"reports/{NAME}.html" in term.done[f"autograder report {NAME}"]


def test_the_course_that_exists_is_graded_as_its_guide_says(tmp_path: Path) -> None:
    """docs/existing-course.md: three lines, in a copy of what a new course holds."""
    term = Term(tmp_path)
    assert cli.main(["--course", str(term.root), "new", NAME]) == 0
    lines = (ROOT / "docs" / "existing-course.md").read_text("utf-8").splitlines()
    config = [x.strip() for x in lines if x.startswith("    ") and "together" not in x]
    keep = ("from autograder", "c = get_config", "c.Autograde")
    text = "\n".join(x for x in config if x.startswith(keep))
    assert text.count("\n") == 2
    (term.root / "nbgrader_config.py").write_text(text + "\n")
    term.type("autograder adopt")
    term.type(f"nbgrader generate_assignment {NAME}")
    folder = term.root / "submitted" / "ada" / NAME
    folder.mkdir(parents=True)
    shutil.copy(term.answered(), folder)
    term.type(f"nbgrader autograde {NAME}")
    term.type(f"autograder grade {NAME} --json")
    told = term.done[f"autograder grade {NAME} --json"]
    (result,) = json.loads(told[told.index("[") : told.rindex("]") + 1])
    assert result["total"] == sum(result["out_of"].values()) > 0
