"""What a submission brings to a page: shown, while nothing of it runs or is fetched.

Of a notebook only what pages show is kept; HTML, whatever it was made of, passes a list
of harmless tags and attributes; formulas become MathML, which needs no script.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from html import escape, unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nh3
from latex2mathml.converter import convert_to_element
from mistune import HTMLRenderer
from mistune.util import striptags
from nbconvert.filters import strip_ansi
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments.token import STANDARD_TYPES

from autograder.feedback import shortened

NO_ALT = "No description has been provided for this image"
MOST_TAGS = 20_000  # of one output: browsers, too, are slow with more
MOST_WORK = 300_000  # of a page's outputs, and of its text: see `_work`
MORE = "There is more here than a page can show."
LONGEST_FORMULA = 2000  # characters
LARGEST_FIGURE, ALL_FIGURES = 4 << 20, 32 << 20  # bytes, of one and of a page
MOST_COLOURS = 1000  # of one output: to show them takes time by the square of it
SHOWN = (
    "text/html", "text/markdown", "image/svg+xml", "image/png", "image/jpeg",
    "text/latex", "text/plain",
)  # fmt: skip
AS_FILES = ("image/png", "image/jpeg", "image/svg+xml")
MARKED_UP = ("text/html", "text/markdown")
NAME = re.compile(r"[\w-]+", re.ASCII)  # nbgrader's own rule
NUMBER = re.compile(r"\d{1,5}")
BLANK = re.compile(r"\s{200,}")  # colours for code take time by the square of it


# --- HTML -------------------------------------------------------------------------


def _words(*lines: str) -> set[str]:
    return set(" ".join(lines).split())


TEXT = _words(
    "a abbr b blockquote br caption center cite code col colgroup dd del details dfn",
    "div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q",
    "s samp small span strong sub summary sup table tbody td tfoot th thead tr tt u ul",
    "var wbr audio img source video",
)
MATH = _words(
    "math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow ms mspace msqrt",
    "mstyle msub msubsup msup mtable mtd mtext mtr munder munderover",
)
OF_MATH = _words(
    "columnalign columnlines columnspacing depth display displaystyle fence form",
    "height linethickness lspace mathcolor mathsize mathvariant maxsize minsize",
    "movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy",
    "width",
)
SPAN = _words("align colspan headers rowspan scope")
MEDIA = _words("controls src type")
STYLES = _words(
    "background background-color border-left color font-style font-weight max-width",
    "text-align text-decoration white-space",
)
COLORS = _words("black red green yellow blue magenta cyan white")
CLASSES = {  # names that mean nothing to a page's own scripts
    "div": _words(  # nbconvert's templates
        "highlight output_area output_error output_execute_result output_html",
        "output_jpeg output_latex output_markdown output_png output_prompt",
        "output_stderr output_stdout output_stream output_subarea output_svg",
        "output_text prompt rendered_html",
    ),
    "span": _words(  # Pygments, and colours of a terminal
        *STANDARD_TYPES.values(),
        "ansi-bold ansi-italic ansi-underline ansi-inverse",
        *(f"ansi-{c}-fg ansi-{c}-bg ansi-{c}-intense-fg ansi-{c}-intense-bg"
          for c in COLORS),
    ),
    "table": {"dataframe"},  # pandas
}  # fmt: skip
OUTSIDE = re.compile(r"(https?://|mailto:)", re.I)
EMBEDDED = re.compile(r"data:(image|audio|video)/[\w.+-]+;base64,[\w+/=\s]*", re.A)
LINK = re.compile(r"(<a\b[^<>]*?) href=(?!\"#)")
FIGURE = re.compile(r"(<img\b[^<>]*? src=)\"(?!data:)([^\"]*)\"")
NO_TEXT = re.compile(r"<img(?![^<>]* alt=)(?=[ >])")


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value that is kept: addresses are of this page, or of a figure beside it."""
    if name == "href":
        if value.startswith("#"):
            return f"#{PREFIX}{value[1:]}"
        return value if OUTSIDE.match(value) else None
    if name == "src" and not EMBEDDED.fullmatch(value):
        return (
            value if tag == "img" and not re.match(r"/|\\|[\w+.-]*:", value) else None
        )
    if name == "style" and "url" in value.lower():
        return None
    return value


PREFIX = "of-"  # of the ids in a submission: none is one of the page's own
_cleaner = nh3.Cleaner(
    tags=TEXT | MATH,
    clean_content_tags={"script", "style", "title", "iframe", "object", "template"},
    attributes={
        "*": {"id", "dir", "lang", "style", "title"},
        "a": {"href"},
        "audio": MEDIA,
        "details": {"open"},
        "img": {"alt", "height", "src", "width"},
        "ol": {"start"},
        "source": MEDIA,
        "td": SPAN,
        "th": SPAN,
        "video": MEDIA,
        **{tag: OF_MATH for tag in MATH},
    },
    attribute_filter=_attribute,
    allowed_classes=CLASSES,
    filter_style_properties=STYLES,
    url_schemes={"data", "http", "https", "mailto"},
    id_prefix=PREFIX,
)


def clean(html: str) -> str:
    """HTML of which nothing runs, sends or covers the page; all in it is closed."""
    if html.count("<") > MOST_TAGS:
        return f"<p>{MORE}</p>"
    return NO_TEXT.sub(f'<img alt="{NO_ALT}"', _cleaner.clean(html))


def without_links(html: str) -> str:
    """Clean HTML whose addresses elsewhere are told and not followed."""
    return LINK.sub(r"\1 title=", html)


def figures_of(folder: str) -> Callable[[str], str]:
    """What puts images into the clean HTML of one page, as long as there is room.

    Those of files in `folder`, and no other.
    """
    return partial(FIGURE.sub, partial(_with_figure, folder, [ALL_FIGURES]))


def _with_figure(folder: str, room: list[int], image: re.Match[str]) -> str:
    found = b""
    path = unescape(image[2])
    kind = mimetypes.guess_type(path)[0] or ""
    if folder and kind.startswith("image/") and "\0" not in path:
        root = Path(folder).resolve()
        file = root.joinpath(path).resolve()
        if file.is_relative_to(root) and file.is_file():
            most = min(LARGEST_FIGURE, room[0])
            found = file.read_bytes() if file.stat().st_size <= most else b""
            room[0] -= len(found)
    return f'{image[1]}"data:{kind};base64,{base64.b64encode(found).decode()}"'


# --- Markdown ---------------------------------------------------------------------


class _Renderer(IPythonRenderer):
    """nbconvert's, with formulas in MathML, and with headings that have an id only."""

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        name = escape(unescape(striptags(text)).strip().replace(" ", "-"))
        return HTMLRenderer.heading(self, text, level, id=name)

    def block_math(self, body: str) -> str:
        return formula(body, "block")

    def inline_math(self, body: str) -> str:
        return formula(body, "inline")

    def latex_environment(self, name: str, body: str) -> str:
        return formula(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


ROWS = re.compile(r"\\(begin|end)\{(aligned|eqnarray|gather|gathered|multline)\*?\}")
PLAIN = re.compile(r"\\(begin|end)\{equation\*?\}|\\(label|tag)\{[^{}]*\}")


def formula(latex: str, display: str) -> str:
    """MathML of a formula, or its LaTeX if that cannot be read; yet to be cleaned."""
    try:
        if len(latex) > LONGEST_FORMULA:
            raise ValueError("too long")
        known = ROWS.sub(r"\\\1{split}", PLAIN.sub("", latex))
        math = convert_to_element(known, display=display)
        for part in math.iter():
            part.text = unescape(part.text or "")
        return ElementTree.tostring(math, encoding="unicode")
    except Exception:  # of whatever sort: the formula may be anything
        return f"<code>{escape(latex)}</code>"


def markdown(source: str, attachments: Mapping[str, Any] | None = None) -> str:
    """Clean HTML of Markdown, which may be anything."""
    return _plain(source) if not attachments else _rendered(source, attachments)


def _rendered(source: str, attachments: Mapping[str, Any]) -> str:
    source = shortened(source)
    try:
        renderer = _Renderer(escape=False, attachments=dict(attachments))
        return clean(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # an attachment that is missing, quotes nested too deeply
        return f"<pre>{escape(source)}</pre>"


@lru_cache(maxsize=1000)
def _plain(source: str) -> str:
    return _rendered(source, {})


# --- notebooks --------------------------------------------------------------------


def language_of(notebook: NotebookNode) -> dict[str, str]:
    """What templates may know of the language: names of it."""
    info = notebook.metadata.get("language_info", {})
    return {k: info[k] for k in ("name", "pygments_lexer") if _is_name(info.get(k))}


def shown_of(notebook: NotebookNode) -> NotebookNode:
    """A copy with what a page shows, in the form that templates rely on."""
    about = NotebookNode(language_info=language_of(notebook))
    copy = NotebookNode(notebook, metadata=about, cells=[])
    known = [c for c in notebook.cells if c.cell_type in ("code", "markdown", "raw")]
    room, text_room = [MOST_WORK], [MOST_WORK]
    for cell in known:
        text = cell.source if cell.cell_type == "markdown" else ""
        heavy = not _has_room(_work("text/markdown", shortened(text)), text_room)
        shown = NotebookNode(cell, source=MORE) if heavy else cell
        copy.cells.append(_shown_cell(shown, room))
    return copy


def _shown_cell(cell: NotebookNode, room: list[int]) -> NotebookNode:
    copy = NotebookNode(cell, metadata=NotebookNode())
    grader = cell.metadata.get("nbgrader", {})
    copy.metadata.folded = bool(cell.metadata.get("jupyter", {}).get("source_hidden"))
    if _is_name(grader.get("grade_id")):
        copy.metadata.nbgrader = grader
    if not _is_name(cell.get("id")):
        copy.pop("id", None)
    if cell.cell_type == "code":
        count = cell.get("execution_count")
        copy.execution_count = count if isinstance(count, int) else None
        copy.source = BLANK.sub("\n[...]\n", cell.source)
        outputs = map(_shown_output, cell.get("outputs", []))
        copy.outputs = [_if_room(output, room) for output in outputs]
    return copy


def _if_room(output: NotebookNode, room: list[int]) -> NotebookNode:
    """An output, or a line in its place where a page would take too long to make."""
    parts = output.get("data", output).items()
    work = sum(_work(kind, part) for kind, part in parts if kind not in AS_FILES)
    if not _has_room(work, room):
        return NotebookNode(output_type="stream", name="stdout", text=MORE)
    return output


def _has_room(work: int, room: list[int]) -> bool:
    fits = work <= room[0]
    room[0] -= work if fits else 0
    return fits


def _work(kind: str, part: Any) -> int:
    """How long it takes to clean: about so many tens of microseconds.

    In HTML attributes of a tag are compared with one another, and what is not closed
    is looked through again and again: that takes time by the square. So it is with
    formulas in Markdown.
    """
    text = "\n".join(map(str, part)) if isinstance(part, list) else str(part)
    signs = sum(map(text.count, "<>&\"'"))
    if kind not in MARKED_UP:
        return signs
    attributes = len(text.split()) // 100
    unclosed = max(0, text.count("<") - 2 * text.count("</")) // 50
    work = int(signs + attributes**2 + unclosed**2)
    if kind == "text/markdown":
        begun = sum(map(text.count, ("\\[", "\\(", "\\begin"))) + text.count("$") // 2
        work += len(text) // 2 + (begun // 10) ** 2
    return work


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _shown_output(output: NotebookNode) -> NotebookNode:
    if "data" not in output:
        return NotebookNode({name: _plainer(part) for name, part in output.items()})
    data = NotebookNode(
        {k: _plainer(output.data[k]) for k in SHOWN if k in output.data}
    )
    if not data:
        data["text/plain"] = f"[not shown: {', '.join(output.data)}]"
    if "text/latex" in data:
        data.setdefault("text/markdown", data.pop("text/latex"))
    sizes = {
        kind: _size(about)
        for kind, about in output.get("metadata", {}).items()
        if kind in data and isinstance(about, Mapping)
    }
    kind = output.output_type
    return NotebookNode(output_type=kind, data=data, metadata=NotebookNode(sizes))


def _plainer(part: Any) -> Any:
    """Text, or lines of it, without the colours of a terminal where there are many."""
    if isinstance(part, list):
        return [_plainer("\n".join(map(str, part)))] if part else part
    many = isinstance(part, str) and part.count("\x1b") > MOST_COLOURS
    return strip_ansi(part) if many else part


def _size(about: Mapping[str, Any]) -> NotebookNode:
    """Width, height and text of an image."""
    kept = NotebookNode()
    for name in ("width", "height"):
        if NUMBER.fullmatch(str(about.get(name))):
            kept[name] = about[name]
    if isinstance(about.get("alt"), str):
        kept.alt = about["alt"]
    return kept
