"""Pages that show students' work: harmless, and made fast.

`HarmlessPage` is nbconvert's HTML exporter for notebooks of which nothing is believed;
what is the same on many pages is made once. `FeedbackPage` takes its place, and
`PutMarks` that of `GetGrades`, in nbgrader's `generate_feedback`. `Pages` makes the
same pages without a gradebook.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import BytecodeCache, DictLoader, Environment, pass_context
from jinja2.bccache import Bucket
from jinja2.runtime import Context
from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.filters import Highlight2HTML
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import BaseCell, Comment, Grade, Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from pygments.formatters import HtmlFormatter
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from autograder.exercises import (
    exercises_of,
    message_of,
    remarks_of,
    title_of,
)
from autograder.feedback import StripHiddenTests
from autograder.harmless import (
    clean,
    figures_of,
    language_of,
    markdown,
    shown_of,
    without_links,
)
from autograder.notebook import NO_RESPONSE, grade_id

VERSION = 4  # of what pages look like: another one renews them all
BREAK = secrets.token_hex(16)  # stands where a cell begins and ends
OURS = "feedback.html.j2"
CODE_STYLE = HtmlFormatter(style="xcode").get_style_defs(".highlight")  # legible
WIDE = re.compile(r'<(math display="block"|div class="highlight"|pre(?=><code))')
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # would steer a terminal
LABEL = ">Student's answer<"  # of the formgrader's template
ANSWER = re.compile(r'<textarea id="([\w-]+)-comment"')
MOST_KEPT, LONGEST_KEPT = 1000, 32_000  # cells, and characters of one
TEMPLATE = """{{%- extends '{template}' -%}}
{{%- block any_cell scoped -%}}
{{{{- "{mark}" -}}}}{{{{ resources.remembered(cell, super) }}}}{{{{- "{mark}" -}}}}
{{%- endblock any_cell -%}}
{{%- block output scoped -%}}{{{{ super() | harmless }}}}{{%- endblock output -%}}
{{%- block rawcell scoped -%}}
<pre>{{{{ cell.source | e }}}}</pre>
{{%- endblock rawcell -%}}"""
NOTHING_RUNS = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'"
)
"""What a browser may do for a feedback page."""
OWN_SCRIPTS_RUN = (
    "default-src 'none'; img-src data:; media-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'; style-src 'self' 'unsafe-inline';"
    " font-src 'self'; connect-src 'self'; script-src 'unsafe-hashes' {scripts}"
)
"""What it may do for the formgrader's page of a submission."""


# --- scores and comments ----------------------------------------------------------


@dataclass(frozen=True)
class Marks:
    """Scores and comments of one submitted notebook."""

    score: float
    """With the penalty for being late."""
    max_score: float
    late_penalty: float = 0.0
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By grade_id: `score` and `points` of a graded cell, `comment` of an answer.

    `open` is a cell that people have yet to give points for.
    """

    def put_into(self, notebook: NotebookNode, about: dict[str, Any]) -> None:
        """Write them where the page's template looks for them.

        Raises:
            ValueError: when a graded cell has no score.
        """
        for cell in notebook.cells:
            name = grade_id(cell)
            if name is None:
                continue
            marks = self.cells.get(name, {})
            if (utils.is_grade(cell) or utils.is_task(cell)) and "score" not in marks:
                raise ValueError(
                    f"cell {name} has no score: grade the submission again"
                )
            cell.metadata.nbgrader.update(marks)
        about.update(
            score=self.score, max_score=self.max_score, late_penalty=self.late_penalty
        )


def read_marks(
    gradebook: Gradebook, notebook: str, assignment: str, student: str
) -> Marks:
    """What the gradebook holds, as nbgrader's `GetGrades` shows it.

    Raises:
        MissingEntry: when the submission is not graded.
    """
    found = gradebook.find_submission_notebook(notebook, assignment, student)
    penalty = found.late_submission_penalty or 0
    cells: dict[str, dict[str, Any]] = {}
    known = (Grade.needs_manual_grade, Grade.auto_score, Grade.manual_score)
    scores = gradebook.db.query(BaseCell.name, Grade.score, Grade.max_score, *known)
    for name, score, points, needed, auto, manual in scores.join(
        Grade, Grade.cell_id == BaseCell.id
    ).filter(Grade.notebook_id == found.id):
        cells[name] = {"score": score, "points": points}
        if needed and auto is manual is None:
            cells[name]["open"] = True
    comments = gradebook.db.query(BaseCell.name, Comment.comment)
    for name, comment in comments.join(Comment, Comment.cell_id == BaseCell.id).filter(
        Comment.notebook_id == found.id
    ):
        cells.setdefault(name, {})["comment"] = comment
    return Marks(found.score - penalty, found.max_score, penalty, cells)


class PutMarks(GetGrades):
    """nbgrader's step that shows grades, with three queries a page."""

    def preprocess(
        self, nb: NotebookNode, resources: ResourcesDict
    ) -> tuple[NotebookNode, ResourcesDict]:
        """Put the gradebook's scores and comments into a notebook."""
        about = resources["nbgrader"]
        with Gradebook(about["db_url"]) as gradebook:
            about["marks"] = read_marks(
                gradebook, about["notebook"], about["assignment"], about["student"]
            )
        return _put_given(nb, resources)


def _put_given(
    notebook: NotebookNode, resources: ResourcesDict
) -> tuple[NotebookNode, ResourcesDict]:
    about = resources["nbgrader"]
    about["marks"].put_into(notebook, about)
    return notebook, resources


# --- pages ------------------------------------------------------------------------


class Pages:
    """Makes the pages of many submissions one after another; needs no gradebook."""

    def __init__(self, config: Config) -> None:
        """As a course's `config` says: its template, its steps but for the grades."""
        converter = GenerateFeedback(config=config)
        self.exporter = FeedbackPage(config=converter.config)
        for step in converter.preprocessors:
            kind = import_item(step) if isinstance(step, str) else step
            given = issubclass(kind, GetGrades)
            self.exporter.register_preprocessor(_put_given if given else kind)

    def page(
        self, name: str, graded: NotebookNode, marks: Marks, folder: Path | None = None
    ) -> str:
        """The page of a graded notebook called `name`, with figures of its `folder`.

        Raises:
            ValueError: when a graded cell has no score.
        """
        about = {"notebook": name, "marks": marks}
        metadata = ResourcesDict(name=name, path=str(folder or ""))
        resources = ResourcesDict(nbgrader=about, metadata=metadata)
        return self.exporter.from_notebook_node(graded, resources)[0]


def fingerprint(graded: NotebookNode, marks: Marks) -> str:
    """The last line of a page: another one tells that it is out of date."""
    content = json.dumps([VERSION, graded, asdict(marks)], sort_keys=True)
    return f"\n<!-- {hashlib.sha256(content.encode()).hexdigest()} -->\n"


class HarmlessPage(HTMLExporter):
    """nbconvert's exporter of which nothing runs that a notebook brings.

    It remembers what it made of equal cells.
    """

    mathjax = ""
    """What stands in its place: formulas are MathML."""
    templates: ClassVar[dict[str, str]] = {}
    """Further ones, by name."""

    @property
    def outer_template(self) -> str:
        """The template of the page: as the course says."""
        return str(self.template_file)

    def __init__(self, **kwargs: Any) -> None:
        """As nbconvert's."""
        macro = f"{{% macro mathjax(url='') %}}{self.mathjax}{{% endmacro %}}"
        loader = DictLoader({"mathjax.html.j2": macro, **self.templates})
        super().__init__(extra_loaders=[loader], **kwargs)
        self.raw_template = TEMPLATE.format(template=self.outer_template, mark=BREAK)
        self._settings = f"{type(self)} {self.config!r}"

    def _create_environment(self) -> Environment:
        environment = super()._create_environment()
        environment.bytecode_cache = COMPILED
        return environment

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """nbconvert's, and the one that outputs pass."""
        yield from super().default_filters()
        yield "harmless", clean

    @pass_context
    def markdown2html(self, context: Context, source: str) -> str:
        """Clean HTML of Markdown."""
        return markdown(source, context.get("cell", {}).get("attachments"))

    def _preprocess(
        self, nb: NotebookNode, resources: Any
    ) -> tuple[NotebookNode, ResourcesDict]:
        """All steps, without a second copy and without validating after each."""
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        return shown_of(nb), resources

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and what nbconvert says about it."""
        info = language_of(nb)
        lexer = info.get("pygments_lexer", info.get("name"))
        resources = self._init_resources(resources)
        resources["remembered"] = partial(_remembered, f"{self._settings} {lexer}")
        highlight = Highlight2HTML(pygments_lexer=lexer, parent=self)
        self.register_filter(
            "highlight_code", self.filters.get("highlight_code", highlight)
        )
        html, resources = TemplateExporter.from_notebook_node(self, nb, resources, **kw)
        del resources["remembered"]
        frame, *parts = html.split(BREAK)
        with_figures = figures_of(resources.get("metadata", {}).get("path", ""))
        parts[::2] = [self.cell(with_figures(html)) for html in parts[::2]]
        parts[1::2] = map(self.framed, parts[1::2])
        return NO_TEXT.sub("", self.framed(frame) + "".join(parts)), resources

    def framed(self, html: str) -> str:
        """A part of the page that does not come from the notebook's cells."""
        return html

    def cell(self, html: str) -> str:
        """A cell on the page."""
        return html


class FeedbackPage(HarmlessPage):
    """The page that a student gets back: a browser loads and runs nothing for it.

    It begins with what became of each exercise, unless the course has a template of
    its own in place of nbgrader's.
    """

    templates: ClassVar[dict[str, str]] = {
        OURS: files("autograder").joinpath(OURS).read_text("utf-8")
    }

    @property
    def outer_template(self) -> str:
        stock = self.template_name == "feedback"
        return OURS if stock else super().outer_template

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """And one for points."""
        yield from super().default_filters()
        yield "short", lambda number: f"{round(number, 2):g}"

    def _preprocess(
        self, nb: NotebookNode, resources: Any
    ) -> tuple[NotebookNode, ResourcesDict]:
        """What is told of the exercises, and the notebook without hidden tests."""
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        if not any(isinstance(step, StripHiddenTests) for step in self._preprocessors):
            nb, resources = StripHiddenTests(parent=self).preprocess(nb, resources)
        resources["code_style"] = CODE_STYLE
        resources["exercises"] = exercises_of(nb)
        resources["remarks"], resources["unreadable"] = remarks_of(nb)
        shown = shown_of(nb)
        for cell in shown.cells:
            _entitle(cell, bool(resources["unreadable"]))
        return shown, resources

    def framed(self, html: str) -> str:
        policy = f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_RUNS}">'
        return html.replace("<head>", f"<head>\n{policy}", 1)

    def cell(self, html: str) -> str:
        """What is wide scrolls by itself, by the keyboard, too."""
        html = WIDE.sub(r'\g<0> tabindex="0"', html)
        html = html.replace("<table", '<div class="wide" tabindex="0"><table')
        return html.replace("</table>", "</table></div>")

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page, and what nbconvert says about it."""
        html, resources = super().from_notebook_node(nb, resources, **kw)
        marks = resources.get("nbgrader", {}).get("marks")
        return html + (fingerprint(nb, marks) if marks else ""), resources


def _entitle(cell: NotebookNode, unreadable: bool) -> None:
    """Give a shown cell what the template says of it."""
    grader = cell.metadata.get("nbgrader", {})
    if unreadable and grader.get("comment") == NO_RESPONSE:
        del grader["comment"]  # there was one, which nobody could read
    if cell.cell_type == "code" and not utils.is_solution(cell):
        cell.metadata.folded = utils.is_locked(cell) or cell.metadata.get("folded")
        cell.metadata.title = title_of(cell)
        if utils.is_grade(cell):
            cell.metadata.message = message_of(cell)
            cell.outputs = [x for x in cell.outputs if x.output_type != "error"]


class SubmissionPage(HarmlessPage):
    """The formgrader's page of a submission: its own scripts run and no others."""

    mathjax = """<script>
    MathJax = {Hub: {Startup: {signal: {Interest: call => call("End")}}}};
    </script>"""  # its scripts wait for it
    handlers = ("toggle_name(true);", "toggle_name(false);")  # of its template

    def __init__(self, **kwargs: Any) -> None:
        """As nbconvert's."""
        super().__init__(**kwargs)
        self.nonce = secrets.token_urlsafe(16)

    def policy(self) -> str:
        """The header that goes with this page."""
        digests = (hashlib.sha256(text.encode()).digest() for text in self.handlers)
        known = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
        return OWN_SCRIPTS_RUN.format(scripts=f"'nonce-{self.nonce}' {' '.join(known)}")

    def _init_resources(self, resources: Any) -> Any:
        """Names of people and files are text."""
        for name, value in (resources or {}).items():
            if isinstance(value, str):
                resources[name] = escape(value)
        return super()._init_resources(resources)

    def framed(self, html: str) -> str:
        return html.replace("<script", f'<script nonce="{self.nonce}"')

    def cell(self, html: str) -> str:
        """With the exercise's name; a link could lead to this server: none does."""
        name = ANSWER.search(html)
        if name:
            html = html.replace(LABEL, f">{LABEL[1:-1]}: <code>{name[1]}</code><", 1)
        return without_links(html)


_kept: dict[bytes, str] = {}


def _remembered(also: str, cell: NotebookNode, render: Callable[[], str]) -> str:
    """HTML of a cell, which depends on it, and on what is `also` given."""
    content = also + json.dumps(cell, sort_keys=True)
    key = hashlib.sha256(content.encode()).digest()
    if key in _kept:
        return _kept[key]
    html = render()
    if len(html) <= LONGEST_KEPT:
        if len(_kept) >= MOST_KEPT:
            del _kept[next(iter(_kept))]  # the oldest
        _kept[key] = html
    return html


class _Compiled(BytecodeCache):
    """Templates that were compiled before in this process."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


COMPILED = _Compiled()
