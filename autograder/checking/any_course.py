"""The rules of any nbgrader course: what breaks a release, a grade or a page."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

import nbformat
from nbformat import NotebookNode, ValidationError
from nbgrader import utils
from nbgrader.coursedir import CourseDirectory

from autograder.audit.judging import bench
from autograder.audit.messages import globals_read
from autograder.checking.master import FENCE, Fault, Faults, Master, tree
from autograder.notebook import grade_id
from autograder.release import (
    MARKER,
    SECRET_REGIONS,
    secret_lines,
    shipped,
    told,
    told_by,
)

IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
TAG = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
ALT = re.compile(r"""\balt\s*=\s*["']\s*[^\s"']""", re.IGNORECASE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
ELSEWHERE = ("http:", "https:", "mailto:", "data:", "attachment:")
POINTS = re.compile(r"(\d+(?:\.\d+)?)(?:\*\*|`)? points?\b")
IN_BRACKETS = re.compile(r"\((\d+(?:\.\d+)?) points?\)")
SUM = re.compile(r"\W*(together|total|sum|all)\b", re.IGNORECASE)
BELONGS = {  # in which cells a region may stand
    "SOLUTION": (utils.is_solution, "an answer (nbgrader: autograded or manual)"),
    "HIDDEN TESTS": (utils.is_grade, "a test (nbgrader: autograder tests)"),
    "MARK SCHEME": (utils.is_task, "a task (nbgrader: manually graded task)"),
}
SEEDED = ("default_rng", "RandomState", "Random", "SeedSequence")
DRAWS = re.compile(r"((np|numpy)\.)?random\.[a-z_]+")

# --- the file ---------------------------------------------------------------------


def the_file_is_valid(master: Master) -> Faults:
    """As Jupyter's own format has it; ids are looked at by themselves."""
    if any(ids_are_there_and_unique(master)):
        return
    try:
        nbformat.validate(master.notebook)
    except ValidationError as problem:
        said = str(problem).splitlines()[0]
        yield Fault(
            None, f"it is no valid notebook: {said}", "save it again in JupyterLab"
        )


def ids_are_there_and_unique(master: Master) -> Faults:
    """Without stable ids, each release differs from the one before."""
    ids = Counter(cell.get("id") for cell in master.cells)
    if ids.pop(None, 0):
        yield Fault(
            None,
            "its cells have no ids (an old format)",
            "run check-course --fix, or save it again in JupyterLab",
        )
    for name, count in ids.items():
        if count > 1:
            yield Fault(
                next(c for c in master.cells if c.get("id") == name),
                f"{count} cells have the id {name}",
                "run check-course --fix",
            )


def names_are_there_and_unique(master: Master) -> Faults:
    """nbgrader knows cells by their names, and grades hang on them."""
    marked = [c for c in master.cells if c.metadata.get("nbgrader")]
    for cell in marked:
        if not grade_id(cell):
            yield Fault(cell, "it has no name", "give it one: Create Assignment, ID")
    for name, count in Counter(map(grade_id, marked)).items():
        if name and count > 1:
            cell = next(c for c in marked if grade_id(c) == name)
            yield Fault(cell, f"{count} cells have this name", "name each differently")


def outputs_are_cleared(master: Master) -> Faults:
    """What a solution has shown need not be handed out."""
    for cell in master.code:
        if cell.get("outputs") or cell.get("execution_count") is not None:
            yield Fault(
                cell,
                "it holds an output or a number of execution",
                "run check-course --fix, or clear all outputs",
            )


# --- regions ----------------------------------------------------------------------


def regions_are_closed(master: Master) -> Faults:
    """Each begins, ends, and stands in a cell of its kind."""
    for cell in master.cells:
        within = ""
        for line in filter(MARKER.search, map(str.strip, cell.source.splitlines())):
            verb, region = _marker(line)
            if f"{verb} {region}" not in line:
                right = f"write ### {verb} {region}"
                yield Fault(cell, f"nbgrader does not know the marker {line!r}", right)
            elif (verb == "END") != bool(within):
                yield Fault(
                    cell,
                    f"{line!r} stands {within and 'with'}in{'' if within else ' no'}"
                    " region that has begun",
                    "write BEGIN and END by turns",
                )
            if verb == "BEGIN" and not BELONGS[region][0](cell):
                yield Fault(
                    cell,
                    f"a region {region} stands in another kind of cell",
                    f"move it to {BELONGS[region][1]}, or make the cell one",
                )
            within = region if verb == "BEGIN" else ""
        if within:
            advice = f"write ### END {within}"
            yield Fault(cell, f"its region {within} does not end", advice)


def _marker(line: str) -> tuple[str, str]:
    """What a line means: BEGIN or END, and which region."""
    found = MARKER.search(line)
    assert found
    kind = found[2].upper().replace("_", " ")
    return found[1].upper(), next(r for r in SECRET_REGIONS if r.startswith(kind))


# --- pictures and links -----------------------------------------------------------


def pictures_have_a_text(master: Master) -> Faults:
    """For who does not see them."""
    write = "say in the brackets, or in alt, what it shows"
    for cell in master.prose:
        text = FENCE.sub("", cell.source)
        for alt, target in IMAGE.findall(text):
            if not alt.strip():
                yield Fault(
                    cell, f"the picture {target[:60]} has no alternative text", write
                )
        for tag in TAG.findall(text):
            if not ALT.search(tag):
                yield Fault(cell, f"{tag[:60]} has no alternative text", write)


def links_lead_somewhere(master: Master) -> Faults:
    """Pictures, files and headings are there."""
    known = _anchors(master)
    for cell in master.prose:
        text = FENCE.sub("", cell.source)
        for target in (*(t for _, t in IMAGE.findall(text)), *LINK.findall(text)):
            if target.startswith("#"):
                if target[1:] not in known:
                    yield Fault(cell, f"no heading is called {target}", "mend the link")
            elif target.startswith("attachment:"):
                if target.partition(":")[2] not in cell.get("attachments", {}):
                    yield Fault(cell, f"{target} is not attached", "attach it")
            elif not target.startswith(ELSEWHERE) and not _is_there(master, target):
                put = "put it beside the notebook, or mend the link"
                yield Fault(cell, f"there is no file {target}", put)


def _is_there(master: Master, target: str) -> bool:
    return (master.path.parent / unquote(target.partition("#")[0])).exists()


def _anchors(master: Master) -> set[str]:
    """What `#…` may point to: headings as JupyterLab names them, and ids."""
    text = "\n".join(c.source for c in master.prose)
    headings = re.findall(r"^#+\s+(.+?)\s*$", text, flags=re.M)
    named = {re.sub(r"[`*$\\]", "", h).replace(" ", "-") for h in headings}
    named |= {h.replace(" ", "-") for h in headings}
    return named | set(re.findall(r"""<a\s+(?:id|name)=["']([^"']+)""", text))


# --- points -----------------------------------------------------------------------


def points_are_those_told(master: Master) -> Faults:
    """What the text says, the cells give."""
    for cell in filter(utils.is_solution, master.cells):
        text, worth = master.above(cell), master.worth(cell)
        said = numbers(text.source) if text else []
        if said and worth and worth not in said:
            what = f"it is worth {worth:g} points, the text above says {said[0]:g}"
            yield Fault(cell, what, "change one of them")
    for cell in filter(utils.is_grade, master.cells):
        if cell.metadata.nbgrader.get("points") is None:
            yield Fault(cell, "it has no points", "say what it is worth, or 0")
    for cell in master.graded:
        worth = float(cell.metadata.nbgrader.get("points") or 0)
        for number in sorted(set(IN_BRACKETS.findall(cell.source))):
            if float(number) != worth:
                what = f"it gives {worth:g} points, and says {number}"
                yield Fault(cell, what, "change one of them")


def numbers(text: str) -> list[float]:
    """Of points that a text speaks of."""
    return [float(number) for number in POINTS.findall(text)]


def tables_of_points_add_up(master: Master) -> Faults:
    """A column of points has the sum of the notebook."""
    for cell in master.prose:
        for head, *rows in filter(None, _tables(cell.source)):
            rows = [row for row in rows if not SUM.match(row[0])]
            titles = [title.strip("* ").lower() for title in head]
            if "points" in titles:
                column = titles.index("points")
                given = " ".join(row[column] for row in rows if len(row) > column)
                told = sum(map(float, re.findall(r"\d+\.?\d*", given)))
                if told != master.total:
                    what = f"its table has {told:g} points, the cells {master.total:g}"
                    yield Fault(cell, what, "change one of them")


def _tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a text: heading and rows, without the line of dashes."""
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.M):
        rows = [line.strip().strip("|").split("|") for line in table.splitlines()]
        cells = [[part.strip() for part in row] for row in rows]
        yield [row for row in cells if not all(re.fullmatch(r":?-+:?", c) for c in row)]


# --- tests ------------------------------------------------------------------------


def chance_is_seeded(master: Master) -> Faults:
    """The same answer has the same points each time."""
    for cell in master.graded:
        calls = [n for n in ast.walk(tree(cell)) if isinstance(n, ast.Call)]
        named = [(ast.unparse(call.func), call) for call in calls]
        seeds = any(name.endswith("random.seed") for name, _ in named)
        for name, call in named:
            maker = name.split(".")[-1] in SEEDED
            bare = maker and not call.args and not call.keywords
            draw = DRAWS.fullmatch(name) and not maker and not name.endswith(".seed")
            if bare or (draw and not seeds):
                yield Fault(
                    cell,
                    f"{name} draws by chance, without a seed",
                    "seed it in this cell, as in np.random.RandomState(1)",
                )
                break


def it_can_be_built(master: Master) -> Faults:
    """Whatever else nbgrader refuses."""
    try:
        _ = master.built
    except Exception as problem:  # of nbgrader's and the course's own steps
        said = str(problem).strip().splitlines() or [type(problem).__name__]
        yield Fault(None, f"nbgrader can't build it: {said[0]}", "mend that")


def nothing_is_given_away(master: Master) -> Faults:
    """In what students get, whichever command makes it."""
    secrets = secret_lines(master.notebook)
    mend = "remove it, or say it in other words"
    released = master.built.released
    for cell, shown in zip(master.cells, released.cells, strict=True):
        for leak in told_by(NotebookNode(cells=[shown]), secrets):
            yield Fault(cell, f"it gives away {leak}", mend)
        for name in shown.get("attachments", {}):
            if f"attachment:{name}" not in shown.source:
                yield Fault(cell, f"its attachment {name} is handed out", "remove it")
    ignored = CourseDirectory(config=master.config).ignore
    for path in shipped(master.path.parent, ignored):
        for leak in told(path, secrets):
            yield Fault(None, f"{path.name} beside it gives away {leak}", mend)


def every_answer_is_judged(master: Master) -> Faults:
    """By a test, or by people."""
    judged = master.built.exercises
    for cell in master.answers:
        if str(grade_id(cell)) not in judged:
            yield Fault(
                cell,
                "no test with points judges it",
                f"add one called test_{grade_id(cell)}, or have people grade the cell",
            )


def tests_stand_alone(master: Master) -> Faults:
    """No test takes a name from another one, or leaves one to an answer."""
    cells = {grade_id(cell): cell for cell in master.graded}
    for said in globals_read(master.built):
        name, _, what = said.partition(" ")
        yield Fault(
            cells[name], f"it {what}", "put the test into a function of its own"
        )


def the_solution_passes(master: Master) -> Faults:
    """The master's answers have all points, and what is handed out has none."""
    cells = {grade_id(cell): cell for cell in master.cells}
    with bench(master.built, workers=1) as place:
        for failure in place.whole().failures:
            said = " ".join(failure.message.split())
            yield Fault(
                cells[failure.test],
                f"the master's own answer fails: {said}",
                "mend the answer or the test",
            )
        if any("AUTOTEST" in cell.source for cell in master.graded):
            return  # nbgrader makes these tests when it builds the release
        for test, score in place.whole(stubs=True).scores.items():
            if score:
                yield Fault(
                    cells[test],
                    f"it gives {score:g} points for no answer",
                    "test what an answer does",
                )


READ = (
    the_file_is_valid,
    ids_are_there_and_unique,
    names_are_there_and_unique,
    outputs_are_cleared,
    regions_are_closed,
    pictures_have_a_text,
    links_lead_somewhere,
    points_are_those_told,
    tables_of_points_add_up,
    chance_is_seeded,
)
"""What can be seen in the file."""
BUILT = (nothing_is_given_away, every_answer_is_judged, tests_stand_alone)
"""What needs a master that can be built."""
RUN = (the_solution_passes,)
"""What takes time."""
