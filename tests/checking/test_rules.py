"""Each rule finds a master that has just its fault, and nothing in one without."""

from __future__ import annotations

import importlib.resources
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.checking.check import check
from autograder.course import Course
from autograder.new_assignment import new_assignment

NAME = "small"
ANY = """
from autograder.engine import AUTOGRADE
c = get_config()
c.Autograde.update(AUTOGRADE)
"""
HOUSE = f"{ANY}c.CheckCourse.house_rules = True\n"
Change = Callable[[dict[str, NotebookNode], NotebookNode], None]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with the example in it."""
    root = tmp_path_factory.mktemp("fresh")
    root.joinpath("nbgrader_config.py").write_text(HOUSE)
    new_assignment(Course(root), NAME)
    return root


@pytest.fixture
def course(fresh: Path, tmp_path: Path) -> Course:
    return Course(shutil.copytree(fresh, tmp_path / "course", symlinks=True))


def change(course: Course, how: Change) -> None:
    path = course.master(NAME)
    notebook = nbformat.read(path, as_version=4)
    how({cell.id: cell for cell in notebook.cells}, notebook)
    path.write_text(nbformat.v4.writes(notebook) + "\n", "utf-8")  # repairs nothing


def found(course: Course, config: str = HOUSE, **how: bool) -> list[str]:
    course.root.joinpath("nbgrader_config.py").write_text(config)
    how = {"quick": True, **how}
    return [str(finding) for finding in check(course, NAME, **how)]


def put(cell: str, old: str, new: str) -> Change:
    """A change of one text for another."""

    def change(cells: dict[str, NotebookNode], _: NotebookNode) -> None:
        assert old in cells[cell].source
        cells[cell].source = cells[cell].source.replace(old, new)

    return change


def add(cell: str, text: str) -> Change:
    """A change of a cell by a line at its end."""
    return lambda cells, _: cells[cell].update(source=f"{cells[cell].source}\n{text}")


def mark(cell: str, **about: object) -> Change:
    """A change of what nbgrader notes of a cell."""
    return lambda cells, _: cells[cell].metadata.nbgrader.update(about)


def attach(cells: dict[str, NotebookNode], notebook: NotebookNode) -> None:
    """An answer in words, graded by people, with a picture that belongs to it."""
    about = {"grade": True, "solution": True, "locked": False, "points": 0}
    about |= {"grade_id": "words", "schema_version": 3, "task": False}
    made = nbformat.v4.new_markdown_cell("As this picture shows.", id="words")
    made.metadata.nbgrader = about
    made.attachments = {"answer.png": {"image/png": "AAAA"}}
    notebook.cells.append(made)


# what nbgrader, a release or a page breaks by
FAULTS: dict[str, tuple[Change, str]] = {
    "two cells of one id": (
        lambda cells, _: cells["demo_surprise"].update(id="demo_progress"),
        "2 cells have the id demo_progress",
    ),
    "two cells of one name": (
        mark("test_pair_loss_pairs", grade_id="test_pair_loss_value"),
        "test_pair_loss_value: 2 cells have this name",
    ),
    "a cell without a name": (mark("softmax", grade_id=""), "it has no name"),
    "a region that does not end": (
        put("softmax", "### END SOLUTION", ""),
        "softmax: its region SOLUTION does not end; write ### END SOLUTION",
    ),
    "a region in a region": (
        add("softmax", "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION"),
        "'### BEGIN SOLUTION' stands within region that has begun",
    ),
    "an end alone": (
        add("softmax", "### END SOLUTION"),
        "'### END SOLUTION' stands in no region that has begun",
    ),
    "a marker that is none": (
        put("test_softmax_large", "### BEGIN HIDDEN TESTS", "### Begin hidden tests"),
        "write ### BEGIN HIDDEN TESTS",
    ),
    "a solution in a locked cell": (
        add("setup_text", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"),
        "a region SOLUTION stands in another kind of cell",
    ),
    "hidden tests in an answer": (
        add("pair_loss", "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS"),
        "a region HIDDEN TESTS stands in another kind of cell",
    ),
    "a picture without a text": (
        add("title", "![](figures/pairs.svg)"),
        "the picture figures/pairs.svg has no alternative text",
    ),
    "an img without alt": (
        add("title", "<img src='figures/pairs.svg' alt=''>"),
        "has no alternative text",
    ),
    "a picture that is not there": (
        put("part_probabilities", "figures/pairs.svg", "figures/pears.svg"),
        "there is no file figures/pears.svg",
    ),
    "a link to no heading": (add("title", "[down](#Nowhere)"), "no heading is called"),
    "an attachment that is missing": (
        add("title", "![all the letters of it](attachment:a.png)"),
        "attachment:a.png is not attached",
    ),
    "points that the text tells otherwise": (
        put("part_surprise", "50 points", "40 points"),
        "pair_loss: it is worth 50 points, the text above says 40",
    ),
    "points that the test tells otherwise": (
        put("test_softmax_values", "30 points", "3 points"),
        "test_softmax_values: it gives 30 points, and says 3",
    ),
    "a table that does not add up": (
        put("title", "| 15 | 30 + 20 |", "| 15 | 30 + 2 |"),
        "title: its table has ",
    ),
    "chance without a seed": (
        put("test_softmax_values", "RandomState(shape[1])", "RandomState()"),
        "np.random.RandomState draws by chance, without a seed",
    ),
    "NumPy's chance without a seed": (
        put("test_pair_loss_value", "np.full((4, 4), 0.25)", "np.random.rand(4, 4)"),
        "np.random.rand draws by chance, without a seed",
    ),
    "a solution in a sentence": (
        add("part_surprise", "Write `loss = -np.log(probabilities[before,\nafter])"
            ".mean()` and be done."),
        "part_surprise: it gives away 'loss = -np.log(probabilities[before, after])",
    ),
    "a hidden test in a sentence": (
        add("part_surprise", "We try <code>text = source.randint(size, size=length)"
            "</code> on you."),
        "part_surprise: it gives away 'text = source.randint(size, size=length)'",
    ),
    "an attachment of an answer": (
        attach, "its attachment answer.png is handed out"
    ),
    "an answer without a test": (
        lambda cells, _: [
            cells[f"test_pair_loss_{name}"].metadata.nbgrader.update(
                grade_id=f"test_softmax_{name}"
            )
            for name in ("value", "pairs")
        ],
        "pair_loss: no test with points judges it",
    ),
    "a test that leaves a name": (
        add("test_softmax_large", "scores = np.ones((2, 2))"),
        "it makes a global of scores, as softmax has it",
    ),
    "a test that reads another's name": (
        lambda cells, _: [
            add("test_softmax_large", "most = 3.0")(cells, _),
            add("test_pair_loss_value", "assert most")(cells, _),
        ],
        "test_pair_loss_value: it reads most of test_softmax_large",
    ),
    "points that are not there": (
        lambda cells, _: cells["test_pair_loss_pairs"].metadata.nbgrader.pop("points"),
        "test_pair_loss_pairs: it has no points",
    ),
}  # fmt: skip
ALSO = {  # what other rules must say of the same fault
    "two cells of one name": ["the text above says"],
    "a marker that is none": ["stands in no region", "gives away a region marker"],
    "an answer without a test": ["the text above says"],
    "points that are not there": ["the text above says", "and says", "its table has"],
}


def test_the_example_is_in_order(course: Course) -> None:
    assert found(course, quick=False) == []
    assert found(course, ANY, quick=False) == []


def test_what_nbgrader_refuses_is_told(course: Course) -> None:
    """Even where no rule of ours says why."""
    change(course, mark("softmax", schema_version=9))
    assert "nbgrader can't build it" in found(course, ANY)[-1]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_in_any_course(course: Course, fault: str) -> None:
    how, told = FAULTS[fault]
    change(course, how)
    lines = found(course, ANY)
    assert any(told in line for line in lines), lines
    assert all(line.startswith(f"source/{NAME}/{NAME}.ipynb: ") for line in lines)
    assert all(line.count("; ") and "\n" not in line for line in lines)
    others = [line for line in lines if told not in line]
    also = ["nbgrader can't build it", *ALSO.get(fault, [])]
    assert not [x for x in others if not any(text in x for text in also)], others
    assert any(told in line for line in found(course, HOUSE))


HOUSE_FAULTS: dict[str, tuple[Change, str]] = {
    "metadata of its own": (
        lambda _, notebook: notebook.metadata.update(authors=["me"]),
        "it has metadata of its own: authors",
    ),
    "an id that is no name": (
        lambda cells, _: cells["part_remember"].update(id="3f2a-77"),
        "3f2a-77: its id is no name in lower case",
    ),
    "an id that is another name": (
        lambda cells, _: cells["softmax"].update(id="maxsoft"),
        "softmax: its id is maxsoft, not its name",
    ),
    "a demonstration called otherwise": (
        lambda cells, _: cells["demo_surprise"].update(id="surprise"),
        "surprise: its name does not begin with demo_",
    ),
    "a tag that is missing": (
        lambda cells, _: cells["setup_text"].metadata.pop("tags"),
        "setup_text: its tags should be ['setup']",
    ),
    "a tag that means nothing here": (
        lambda cells, _: cells["softmax"].metadata.update(tags=["together"]),
        "softmax: it has other tags: together; remove them",
    ),
    "a test that is open": (
        mark("test_softmax_large", locked=False),
        "test_softmax_large: only answers are open to students",
    ),
    "a check that is not folded": (
        lambda cells, _: cells["test_softmax_large"].metadata.pop("jupyter"),
        "test_softmax_large: it is not folded",
    ),
    "a long line": (
        add("demo_surprise", "# " + 90 * "x"),
        "demo_surprise: a line has 92 characters",
    ),
    "two functions in an answer": (
        add("softmax", "def helper():\n    pass"),
        "it should define the function softmax, and defines softmax, helper",
    ),
    "a solution without markers": (
        lambda cells, _: [
            put("pair_loss", f"    ### {x} SOLUTION\n", "")(cells, _)
            for x in ("BEGIN", "END")
        ],
        "pair_loss: all of it is taken for the solution",
    ),
    "a docstring within the solution": (
        lambda cells, _: [
            put("pair_loss", "    ### BEGIN SOLUTION\n", "")(cells, _),
            put("pair_loss", '    """Measure', "    ### BEGIN SOLUTION\n"
                '    """Measure')(cells, _),
        ],
        "pair_loss: students do not get its signature and docstring",
    ),
    "one test only": (
        lambda cells, _: [
            put("test_softmax_large", "20 points", "0 points")(cells, _),
            mark("test_softmax_large", grade_id="test_large", points=0)(cells, _),
        ],
        "softmax: it has fewer than two tests",
    ),
    "a test of nothing": (
        mark("test_softmax_large", grade_id="test_large"),
        "test_large: its name tells no exercise",
    ),
    "a check without a title": (
        put("test_softmax_large", "# Check: large scores (20 points)", "# a check"),
        "its first line does not say title and points; write # Check: TITLE (20",
    ),
    "a check that ends in silence": (
        put("test_softmax_large", 'print("passed: large scores (20 points)")', "pass"),
        "it does not say that it has passed",
    ),
    "an exercise without points in its text": (
        put("part_surprise", "50 points", "many of them"),
        "pair_loss: the text above does not say its points; write 50 points",
    ),
    "an exercise without minutes": (
        put("part_surprise", "10 minutes", "soon done"),
        "pair_loss: the text above does not say how long it takes",
    ),
    "a hidden check that tells values": (
        put("test_softmax_large", "1 / odds.sum(axis=2),",
            "1 / odds.sum(axis=2), reveal=True, message="),
        "test_softmax_large: a hidden check tells the value that it expects",
    ),
    "a heading that leaves out a level": (
        put("part_surprise", "### Exercise 2: `pair_loss`",
            "#### Exercise 2: `pair_loss`"),
        "leaves out a level; write ###",
    ),
    "a picture with a word": (
        add("title", "![pairs](figures/pairs.svg)"),
        "the text of the picture figures/pairs.svg is short",
    ),
    "a drawing without a text": (
        add("demo_surprise", "plt.show()"),
        "demo_surprise: its picture has no alternative text",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", HOUSE_FAULTS)
def test_a_fault_of_form_is_found_where_the_course_wants_it(
    course: Course, fault: str
) -> None:
    how, told = HOUSE_FAULTS[fault]
    change(course, how)
    assert any(told in line for line in found(course)), found(course)
    lines = found(course, ANY)
    assert not any(told in line for line in lines), lines


def test_a_helper_of_hidden_checks_tells_no_values(course: Course) -> None:
    change(
        course, add("setup_text", "def helper(x):\n    np.testing.assert_equal(x, 1)")
    )
    assert found(course) == []
    change(
        course, put("test_softmax_large", "for shift in", "helper(1)\n    for shift in")
    )
    (line,) = found(course)
    assert "test_softmax_large: a hidden check tells the value" in line


@pytest.mark.parametrize(
    ("setting", "told"),
    [("points = 80", "it is worth 100 points, not 80"),
     ("most_words = 200", "words; shorten them to 200")],
)  # fmt: skip
def test_a_course_sets_points_and_words(
    course: Course, setting: str, told: str
) -> None:
    (line,) = found(course, f"{HOUSE}c.CheckCourse.{setting}\n")
    assert told in line


def test_a_solution_that_fails_is_found_by_running_it(course: Course) -> None:
    change(course, put("pair_loss", "loss = -np", "loss = np"))
    assert found(course) == []
    lines = found(course, quick=False)
    assert "test_pair_loss_value: the master's own answer fails: When four" in lines[0]


def test_a_test_that_asks_nothing_is_found_by_running_it(course: Course) -> None:
    change(course, lambda cells, _: cells["test_softmax_large"].update(
        source='# Check: large (20 points)\nprint("passed: large (20 points)")'
    ))  # fmt: skip
    assert found(course) == []
    (line,) = found(course, quick=False)
    assert "test_softmax_large: it gives 20 points for no answer" in line


@pytest.mark.parametrize("name", ["help.py", "notes.md"])
def test_a_solution_in_a_file_beside_is_found(course: Course, name: str) -> None:
    secret = "scaled = scores / temperature"
    text = f"Here `{secret}` helps.\n" if name == "notes.md" else f"    {secret}\n"
    course.source(NAME).joinpath(name).write_text(text)
    (line,) = found(course)
    assert f"{name} beside it gives away '{secret}'" in line


def test_what_is_no_notebook_is_one_line(course: Course) -> None:
    course.master(NAME).write_text("{")
    (line,) = found(course)
    assert "it can't be read" in line and "save it again" in line


def test_nbgraders_documentation_course(tmp_path: Path) -> None:
    """Somebody's course without any configuration: what is wrong there, no more."""
    guide = Path(str(importlib.resources.files("nbgrader"))) / "docs/source/user_guide"
    shutil.copytree(guide / "source" / "ps1_autotest", tmp_path / "source" / "ps1")
    shutil.copy(guide / "autotests.yml", tmp_path)
    told = [
        f"{finding.cell}: {finding.what}" if finding.cell else finding.what
        for finding in check(Course.here(tmp_path, configured=False), "ps1")
    ]
    assert told == [
        "its cells have no ids (an old format)",
        "jupyter: the picture jupyter.png has no alternative text",
        "cell-d3df8cd59fd0eb74: no test with points judges it",
        "its cells have no ids (an old format)",
    ]
