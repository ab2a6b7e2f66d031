"""Every master notebook is in order: form, names, points, prose, and it runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.course import Course, exercises
from autograder.release import NamedStubs

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT)
SLUG = re.compile(r"[a-z][a-z0-9_]*")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
CELL_SECONDS = 60  # the budget is 20 on a quiet machine; this only ends a hang


@pytest.fixture(params=COURSE.assignments())
def assignment(request):
    return request.param


@pytest.fixture
def path(assignment):
    return COURSE.master(assignment)


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def grader(cell):
    return cell.metadata.get("nbgrader", {})


def prose(notebook):
    return [c for c in notebook.cells if c.cell_type == "markdown"]


def solutions(notebook):
    return [c for c in notebook.cells if grader(c).get("solution")]


def words(text):
    """Words of prose: no mark-up, formulas, code, table rules or addresses."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " ", text, flags=re.S)
    text = re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text)
    return re.findall(r"[^\W\d_][\w'’-]*", text)


def anchors(notebook):
    """What `#…` may point to: headings as JupyterLab names them, and ids."""
    text = "\n".join(c.source for c in prose(notebook))
    headings = re.findall(r"^#+\s+(.+?)\s*$", text, flags=re.M)
    named = {re.sub(r"[`*$\\]", "", h).replace(" ", "-") for h in headings}
    named |= {h.replace(" ", "-") for h in headings}
    return named | set(re.findall(r"""<a\s+(?:id|name)=["']([^"']+)""", text))


def test_file_is_what_nbformat_writes(path, notebook):
    assert path.read_text("utf-8").rstrip("\n") == nbformat.writes(notebook)


def test_is_valid_and_holds_no_outputs(notebook):
    nbformat.validate(notebook)
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    for cell in notebook.cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_ids_are_slugs_unique_and_follow_the_grade_id(notebook):
    ids = [c.id for c in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert SLUG.fullmatch(cell.id), cell.id
        assert grader(cell).get("grade_id", cell.id) == cell.id


def test_every_code_cell_says_what_it_is_by_its_name(notebook):
    for cell in notebook.cells:
        if cell.cell_type != "code" or not grader(cell):
            continue
        kind = cell.id.split("_")[0]
        tags = cell.metadata.get("tags", [])
        if grader(cell)["grade"]:
            assert kind == "test" and tags == []
        elif not grader(cell)["solution"]:
            assert kind in ("setup", "demo") and tags == [kind], cell.id
        assert grader(cell)["locked"] != grader(cell)["solution"]


def test_one_function_a_solution_cell_named_like_it(notebook):
    for cell in solutions(notebook):
        functions = [
            node.name
            for node in ast.parse(cell.source).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert functions == [cell.id]


def test_stub_and_solution_agree_in_signature_and_docstring(notebook):
    stubs = NamedStubs()
    for cell in solutions(notebook):
        solution = ast.parse(cell.source).body[0]
        assert ast.get_docstring(solution), f"{cell.id} has no docstring"
        stub_cell, _ = stubs.preprocess_cell(cell.copy(), {"language": "python"}, 0)
        stub = ast.parse(stub_cell.source).body[0]
        assert ast.dump(stub.args) == ast.dump(solution.args)
        assert ast.get_docstring(stub) == ast.get_docstring(solution)
        assert (
            f'NotImplementedError("{cell.id} is not written yet")' in stub_cell.source
        )


def test_a_hundred_points_and_every_exercise_has_several_tests(notebook):
    graded = {
        c.id: grader(c)["points"] for c in notebook.cells if grader(c).get("grade")
    }
    assert sum(graded.values()) == 100
    found = exercises(notebook)
    assert set(found) == {c.id for c in solutions(notebook)}
    assert all(len(tests) >= 2 for tests in found.values())
    homeless = set(graded) - {t for tests in found.values() for t in tests}
    assert homeless <= {"test_references"}
    assert graded.get("test_references", 0) == 0


def test_the_text_at_an_exercise_states_its_points(notebook):
    points = {c.id: grader(c).get("points", 0) for c in notebook.cells}
    for exercise, tests in exercises(notebook).items():
        at = [c.id for c in notebook.cells].index(exercise)
        before = [c.source for c in notebook.cells[:at] if c.cell_type == "markdown"]
        worth = sum(points[t] for t in tests)
        assert re.search(rf"\b{worth:g} points\b", before[-1]), (exercise, worth)
        assert re.search(r"\bminutes\b", before[-1]), exercise


def test_hidden_and_solution_regions_are_closed(notebook):
    for cell in notebook.cells:
        for region in ("SOLUTION", "HIDDEN TESTS"):
            begins = cell.source.count(f"### BEGIN {region}")
            assert begins == cell.source.count(f"### END {region}") <= 2
        if grader(cell).get("solution"):
            assert "### BEGIN SOLUTION" in cell.source


def test_word_budget(notebook):
    count = sum(len(words(c.source)) for c in prose(notebook))
    assert 1500 <= count <= 2500, count


def test_lines_fit_the_page(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            long = [line for line in cell.source.splitlines() if len(line) > 79]
            assert not long, (cell.id, long)


def test_headings_come_in_order(notebook):
    level = 0
    for cell in prose(notebook):
        text = re.sub(r"```.*?```", "", cell.source, flags=re.S)
        for marks in re.findall(r"^(#+)\s", text, flags=re.M):
            assert len(marks) <= level + 1, (cell.id, marks)
            level = len(marks)


def test_pictures_have_alt_texts_and_exist(path, notebook):
    pictures = 0
    for cell in prose(notebook):
        assert "<img" not in cell.source or 'alt="' in cell.source
        for alt, target in IMAGE.findall(cell.source):
            assert len(alt) >= 20, (cell.id, target)
            assert (path.parent / target).is_file(), target
            pictures += 1
    assert pictures >= 1


def test_links_resolve(path, notebook):
    known = anchors(notebook)
    for cell in prose(notebook):
        for target in LINK.findall(cell.source):
            if target.startswith("#"):
                assert target[1:] in known, (cell.id, target)
            elif "://" not in target:
                assert (path.parent / target.split("#")[0]).exists(), target


@pytest.mark.slow
def test_runs_from_start_to_end_in_a_fresh_kernel(path, notebook):
    client = NotebookClient(
        notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.get("name") != "stderr", (cell.id, output.text)
