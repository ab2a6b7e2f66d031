"""The rules that a course takes on with `c.CheckCourse.house_rules`: form and style.

They are those of docs/adding-an-assignment.md.
"""

from __future__ import annotations

import ast
import re
import textwrap

import nbformat
from nbformat import NotebookNode
from nbgrader import utils

from autograder.checking.any_course import IMAGE, numbers
from autograder.checking.master import FENCE, Fault, Faults, Master, functions, tree
from autograder.notebook import grade_id, tags

FIX = "run check-course --fix"
SLUG = re.compile(r"[a-z][a-z0-9_]*")
TITLE = re.compile(r"# Check: (.+) \((.+)\)")
LONGEST_LINE = 79
SHORTEST_TEXT = 20  # letters that tell what a picture shows
REFERENCES = "test_references"  # what several tests calculate with
KINDS = ("setup", "demo")  # that are tags, too
NOTEBOOK_ABOUT = {"kernelspec", "language_info"}


def kind(cell: NotebookNode) -> str:
    """What a cell's name begins with, by nbgrader's type; nothing for an answer."""
    if cell.cell_type != "code" or utils.is_solution(cell):
        return ""
    if utils.is_grade(cell):
        return "test"
    return "setup" if utils.is_locked(cell) else "demo"


def is_folded(cell: NotebookNode) -> bool:
    """Whether the page opens without this cell's code."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden", False))


def should_fold(cell: NotebookNode) -> bool:
    """Whether it is not what to read first."""
    return kind(cell) in ("setup", "test") or cell.get("id", "").endswith("_code")


# --- form -------------------------------------------------------------------------


def the_file_is_as_nbformat_writes_it(master: Master) -> Faults:
    """A difference shows what changed, and nothing else."""
    if master.text.rstrip("\n") != nbformat.writes(master.notebook):
        yield Fault(None, "it is not stored as nbformat writes it", FIX)
    more = set(master.notebook.metadata) - NOTEBOOK_ABOUT
    if more:
        yield Fault(None, f"it has metadata of its own: {', '.join(sorted(more))}", FIX)


def names_say_what_a_cell_is(master: Master) -> Faults:
    """The id is the name; sorts of cells are told by how it begins, and by tags."""
    for cell in master.cells:
        if not SLUG.fullmatch(cell.get("id", "")):
            yield Fault(cell, "its id is no name in lower case", FIX)
        elif (grade_id(cell) or cell.id) != cell.id:
            yield Fault(cell, f"its id is {cell.id}, not its name", FIX)
        begins = kind(cell)
        if begins and not cell.get("id", "").startswith(f"{begins}_"):
            yield Fault(
                cell,
                f"its name does not begin with {begins}_",
                f"{FIX}, or call it {begins}_…",
            )


def cells_are_marked_by_their_kind(master: Master) -> Faults:
    """By tags, which grading goes by, and by a lock."""
    for cell in master.code:
        wanted = [kind(cell)] if kind(cell) in KINDS else []
        others = [tag for tag in tags(cell) if tag not in KINDS]
        if [tag for tag in tags(cell) if tag in KINDS] != wanted:
            yield Fault(cell, f"its tags should be {wanted}", FIX)
        if others:
            yield Fault(cell, f"it has other tags: {', '.join(others)}", "remove them")
        about = cell.metadata.get("nbgrader")
        if about and about.get("locked") == utils.is_solution(cell):
            yield Fault(cell, "only answers are open to students", FIX)


def what_is_not_read_first_is_folded(master: Master) -> Faults:
    """The page shows the course."""
    for cell in master.code:
        if is_folded(cell) != should_fold(cell):
            now = "folded" if is_folded(cell) else "not folded"
            yield Fault(cell, f"it is {now}", FIX)


def lines_fit_the_page(master: Master) -> Faults:
    """Nobody scrolls sideways."""
    for cell in master.code:
        longest = max(map(len, cell.source.splitlines()), default=0)
        if longest > LONGEST_LINE:
            yield Fault(
                cell,
                f"a line has {longest} characters",
                f"break it: {LONGEST_LINE} fit",
            )


# --- exercises --------------------------------------------------------------------


def an_answer_is_one_function(master: Master) -> Faults:
    """Named like its cell, with a docstring that students keep."""
    for cell in master.answers:
        found = functions(cell)
        if [f.name for f in found] != [grade_id(cell)]:
            said = ", ".join(f.name for f in found) or "none"
            yield Fault(
                cell,
                f"it should define the function {grade_id(cell)}, and defines"
                + (f" {said}"),
                "one function a cell, named like it",
            )
        elif "### BEGIN SOLUTION" not in cell.source:
            yield Fault(
                cell,
                "all of it is taken for the solution",
                "mark that: ### BEGIN SOLUTION, ### END SOLUTION",
            )
        elif not ast.get_docstring(found[0]) or _given(master, cell) != _head(found[0]):
            yield Fault(
                cell,
                "students do not get its signature and docstring",
                "leave both outside of the solution",
            )


def _given(master: Master, cell: NotebookNode) -> tuple[str, str | None] | None:
    """What students get of an answer's function."""
    found = functions(master.built.shown[str(grade_id(cell))])
    return _head(found[0]) if found else None


def _head(function: ast.FunctionDef) -> tuple[str, str | None]:
    return ast.dump(function.args), ast.get_docstring(function)


def exercises_have_several_tests(master: Master) -> Faults:
    """Each answer at least two; each test an answer."""
    for cell in master.answers:
        if len(master.exercises.get(str(grade_id(cell)), [])) < 2:
            yield Fault(
                cell,
                "it has fewer than two tests",
                f"add one called test_{grade_id(cell)}_<property>",
            )
    homes = {test for tests in master.exercises.values() for test in tests}
    for cell in master.graded:
        if grade_id(cell) not in {*homes, REFERENCES}:
            yield Fault(
                cell, "its name tells no exercise", "call it test_<function>_<property>"
            )
        elif grade_id(cell) == REFERENCES and cell.metadata.nbgrader.points:
            yield Fault(cell, "it has points", "set them to 0")


def checks_say_title_and_points(master: Master) -> Faults:
    """In the first line, which stays visible, and when they have passed."""
    for cell in master.graded:
        worth = cell.metadata.nbgrader.get("points") or 0
        said = f"{worth:g} point{'' if worth == 1 else 's'}"
        title = TITLE.fullmatch(cell.source.partition("\n")[0])
        if grade_id(cell) == REFERENCES:
            continue
        if not title or title[2] != said:
            yield Fault(
                cell,
                "its first line does not say title and points",
                f"write # Check: TITLE ({said})",
            )
        elif f'print("passed: {title[1]} ({said})")' not in cell.source:
            yield Fault(
                cell,
                "it does not say that it has passed",
                f'end it with print("passed: {title[1]} ({said})")',
            )


def texts_say_points_and_minutes(master: Master) -> Faults:
    """Above each exercise."""
    for cell in master.answers:
        text, worth = master.above(cell), master.worth(cell)
        if text is None or worth not in numbers(text.source):
            yield Fault(
                cell,
                "the text above does not say its points",
                f"write {worth:g} points",
            )
        elif not re.search(r"\bminutes\b", text.source):
            yield Fault(
                cell,
                "the text above does not say how long it takes",
                "write how many minutes",
            )


def points_have_the_courses_sum(master: Master) -> Faults:
    """So that assignments count alike."""
    if master.rules.points not in (0, master.total):
        wanted = master.rules.points
        yield Fault(
            None,
            f"it is worth {master.total:g} points, not {wanted:g}",
            "share them out anew, or change c.CheckCourse.points in nbgrader_config.py",
        )


# --- what hidden tests tell -------------------------------------------------------


def hidden_tests_tell_no_values(master: Master) -> Faults:
    """Nor do the helpers that they call: feedback pages show their messages."""
    helpers = {
        node.name: node
        for cell in master.code
        if kind(cell) in ("setup", "test")
        for node in functions(cell)
    }
    for cell in master.graded:
        parts: list[ast.AST] = [tree(NotebookNode(source=_hidden(cell)))]
        called: set[str] = set()
        for part in parts:  # grows by what is called
            new = (_names(part) & helpers.keys()) - called
            called |= new
            parts += [helpers[name] for name in sorted(new)]
        if any(map(_tells_values, parts)):
            yield Fault(
                cell,
                "a hidden check tells the value that it expects",
                "use expect or expect_close without reveal=True",
            )


def _hidden(cell: NotebookNode) -> str:
    regions = r"### BEGIN HIDDEN TESTS\n(.*?)### END HIDDEN TESTS"
    found = re.findall(regions, cell.source, flags=re.S)
    return "".join(map(textwrap.dedent, found))


def _names(node: ast.AST) -> set[str]:
    found = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return found | {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}


def _tells_values(node: ast.AST) -> bool:
    """Whether the message of a failed check could hold an expected value."""
    words = [n.arg for n in ast.walk(node) if isinstance(n, ast.keyword)]
    checks = (n == "testing" or n.startswith("assert_") for n in _names(node))
    return "reveal" in words or any(checks)


# --- texts ------------------------------------------------------------------------


def texts_are_short(master: Master) -> Faults:
    """Words of prose: no mark-up, formulas, code, table rules or addresses."""
    count = sum(len(words(cell.source)) for cell in master.prose)
    if 0 < master.rules.most_words < count:
        yield Fault(
            None,
            f"its texts have {count} words",
            f"shorten them to {master.rules.most_words}",
        )


def words(text: str) -> list[str]:
    """The words that somebody reads."""
    text = re.sub(r"```.*?```|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", " ", text, flags=re.S)
    text = re.sub(r"<[^>]+>|\]\([^)]*\)", " ", text)
    return re.findall(r"[^\W\d_][\w'’-]*", text)


def headings_come_in_order(master: Master) -> Faults:
    """No level is left out: screen readers go by them."""
    level = 0
    for cell in master.prose:
        text = FENCE.sub("", cell.source)
        for marks, title in re.findall(r"^(#+)\s+(.*)", text, flags=re.M):
            if len(marks) > level + 1:
                yield Fault(
                    cell,
                    f"the heading {title!r} leaves out a level",
                    f"write {'#' * (level + 1)}",
                )
            level = len(marks)


def pictures_are_described(master: Master) -> Faults:
    """Those of texts, and those that code draws."""
    for cell in master.prose:
        for alt, target in IMAGE.findall(FENCE.sub("", cell.source)):
            if 0 < len(alt.strip()) < SHORTEST_TEXT:
                yield Fault(
                    cell,
                    f"the text of the picture {target} is short",
                    "say what it shows",
                )
    for cell in master.code:
        calls = (n.func for n in ast.walk(tree(cell)) if isinstance(n, ast.Call))
        if any(ast.unparse(f) in ("plt.show", "pyplot.show") for f in calls):
            yield Fault(
                cell,
                "its picture has no alternative text",
                "draw it with show_figure(figure, alt)",
            )


HOUSE = (
    the_file_is_as_nbformat_writes_it,
    names_say_what_a_cell_is,
    cells_are_marked_by_their_kind,
    what_is_not_read_first_is_folded,
    lines_fit_the_page,
    exercises_have_several_tests,
    checks_say_title_and_points,
    texts_say_points_and_minutes,
    points_have_the_courses_sum,
    hidden_tests_tell_no_values,
    texts_are_short,
    headings_come_in_order,
    pictures_are_described,
)
"""What can be seen in the file."""
HOUSE_BUILT = (an_answer_is_one_function,)
"""What needs a master that can be built."""
