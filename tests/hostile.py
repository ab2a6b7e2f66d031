"""A notebook whose outputs, texts and metadata try to run script and to call home.

Each piece says `RAN name` on the console if a script of it runs, and asks a listening
server for `/name` if a browser loads something for it.
"""

from __future__ import annotations

import base64
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import nbformat
from nbformat import NotebookNode

from tests.engine.small_course import cell

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)
HTML = {
    "script": "<script>JS</script>",
    "script-src": "<script src='URL.js'></script>",
    "script-broken": "<scr<script>ipt>JS</scr</script>ipt>",
    "onerror": "<img src=nowhere.png onerror=\"JS\">",
    "svg-onload": "<svg onload=\"JS\"><circle r=1 /></svg>",
    "svg-script": "<svg><script>JS</script></svg>",
    "svg-animate": "<svg><animate onbegin=\"JS\" attributeName=x dur=1s /></svg>",
    "svg-foreign": "<svg><foreignObject><img src=n onerror=\"JS\"></foreignObject>",
    "svg-image": "<svg><image href='URL.png' /><use href='URL.svg#a' /></svg>",
    "srcdoc": "<iframe srcdoc='<script>JS</script>'></iframe>",
    "iframe-data": "<iframe src='data:text/html,<script>JS</script>'></iframe>",
    "iframe-js": "<iframe src=\"javascript:JS\"></iframe>",
    "iframe-url": "<iframe src='URL.html'></iframe>",
    "object": "<object data='URL.html'></object><embed src='URL.svg'>",
    "refresh": "<meta http-equiv=refresh content='2;url=URL.html'>",
    "link": "<link rel=stylesheet href='URL.css'><link rel=prefetch href='URL.txt'>",
    "preload": "<link rel=preload as=image href='URL.png'><link rel=icon href='URL'>",
    "import": "<style>@import 'URL.css';</style>",
    "style": "<style>td, div, p { background-image: url('URL.png') }</style>",
    "style-attribute": "<div style=\"background: url('URL.png'); width: 9px\">x</div>",
    "font": "<style>@font-face{font-family:q;src:url('URL')}*{font-family:q}</style>",
    "image": "<img src='URL.png' alt=x>",
    "srcset": "<img srcset='URL.png 1x' alt=x>",
    "media": "<video src='URL' poster='URL.png'></video><audio src='URL.wav' autoplay>",
    "track": "<video controls><source src='URL.webm' onerror=\"JS\"></video>",
    "background": "<table background='URL.png'><tr><td>x</table>",
    "input": "<input autofocus onfocus=\"JS\"><input type=image src='URL.png'>",
    "details": "<details open ontoggle=\"JS\">x</details>",
    "base": "<base href='URL/'><img src='relative.png' alt=x>",
    "form": "<form action='URL.html'><button>Send</button></form>",
    "link-js": "<a href='java\tscript:JS'>Read</a>",
    "button": "<button onclick=\"JS\">Send</button>",
    "hover": "<div style='position:fixed;inset:0' onmousemove=\"JS\">x</div>",
    "math": "<math><mtext><table><mglyph><style><img src=n onerror=\"JS\"></style>",
    "noscript": "<noscript><p title=\"</noscript><img src=n onerror='JS'>\">",
    "comment": "<!--><img src=n onerror=\"JS\">-->",
    "template": "<template shadowrootmode=open><img src=n onerror=\"JS\"></template>",
    "portal": "<marquee onstart=\"JS\">x</marquee><body onload=\"JS\">",
    "leaves": "</div></div></main></body></html><script>JS</script>",
}  # fmt: skip
MARKDOWN = {
    "md-script": "<script>JS</script>",
    "md-onerror": "So **much** <img src=n onerror=\"JS\">",
    "md-link": "[Read](javascript:JS) <a href='javascript:JS'>x</a>",
    "md-image": "![x](URL.png)",
    "md-title": "![x](n.png \"a\\\" onerror=\\\"JS\")",
    "md-mermaid": "```mermaid\ngraph TD; A[\"<img src=n onerror='JS'>\"] --> B\n```",
    "md-fence": "```<script>JS</script>\nx\n```",
    "md-math": "$\\text{<img src=n onerror='JS'>} \\href{javascript:JS}{x}$",
    "md-env": "\\begin{align}\\text{<script>JS</script>}\\end{align}",
    "md-heading": "# <img src=n onerror=\"JS\"> heading",
}  # fmt: skip
SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="JS">
<script>JS</script><image href="URL.png"/><circle r="4"/></svg>"""


def armed(home: str, name: str, text: str = "JS") -> str:
    """The text with its script and its address."""
    script = f"console.log(`RAN {name}`)"
    return text.replace("JS", script).replace("URL", f"{home}/{name}")


def shown(data: dict[str, Any], **metadata: Any) -> NotebookNode:
    """Something that a cell displays."""
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


def rich(home: str) -> Iterator[tuple[str, NotebookNode]]:
    """Outputs of HTML and Markdown, by name."""
    for kind, pieces in (("text/html", HTML), ("text/markdown", MARKDOWN)):
        for name, text in pieces.items():
            yield name, shown({kind: armed(home, name, text)})


def notebook(home: str) -> NotebookNode:
    """All of it, in front of an honest plot, table, sound and formula."""

    js = partial(armed, home)
    outputs = [output for _, output in rich(home)]
    image = {"image/png": PIXEL}
    outputs += [
        shown({"image/svg+xml": js("svg", SVG)}),
        shown({"application/javascript": js("javascript")}),
        shown({"text/latex": js("latex", "$\\text{<script>JS</script>}$")}),
        shown({"text/vnd.mermaid": js("mermaid", "graph TD; A[<img onerror='JS'>]")}),
        shown(
            {"text/html": js("isolated", "<script>JS</script>")},
            **{"text/html": {"isolated": True}},
        ),
        shown(image, **{"image/png": {"width": js("width", '1 onload="JS"')}}),
        shown(image, **{"image/png": {"alt": js("alt", 'x" onload="JS"')}}),
        shown({"image/png": js("png", 'x" onerror="JS"')}),
        shown(
            {"image/png": "x"},
            filenames={"image/png": js("filename", 'URL.png" onerror="JS"')},
        ),
        shown(
            {
                "application/vnd.jupyter.widget-view+json": {
                    "model_id": js("widget", "</script><script>JS</script>")
                },
                "text/plain": "a widget",
            }
        ),
        nbformat.v4.new_output(
            "stream", name="stdout", text=js("stream", "\x1b[31m<script>JS</script>")
        ),
        nbformat.v4.new_output(
            "error",
            ename=js("ename", "<script>JS</script>"),
            evalue="",
            traceback=[js("traceback", "<img src=n onerror='JS'>")],
        ),
        shown({"image/png": PIXEL}, **{"image/png": {"alt": "dot"}}),
        shown({"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}),
        shown({"text/html": "<table class=dataframe><tr><td>4711</td></tr></table>"}),
        shown(
            {"text/html": "<audio controls><source src='data:audio/wav;base64,UklGRg=='"
             " type='audio/wav'></audio>"}
        ),
        shown({"text/markdown": "An honest $x_1 < 2$ ![plot](figures/plot.png)"}),
    ]  # fmt: skip
    made = cell("plain", "added", js("source", "# <script>JS</script>"))
    made.outputs = outputs
    made.metadata.tags = [js("tag", '"><script>JS</script>')]
    made.execution_count = 1
    answer = nbformat.v4.new_markdown_cell(
        js("answer", "<script>JS</script> ![x](attachment:a.html) ![y](attachment:b)"),
        attachments={"a.html": {"text/html": encoded(js("attached"))}},
    )
    raw = nbformat.v4.new_raw_cell(js("raw", "<script>JS</script>"))
    raw.metadata.raw_mimetype = "text/html"
    whole = nbformat.v4.new_notebook(cells=[made, answer, raw])
    evil = '"></title><script>JS</script>'
    whole.metadata = NotebookNode(
        title=js("title", evil),
        kernelspec={"name": "python3", "display_name": js("kernel", evil)},
        language_info={"name": js("language", evil), "pygments_lexer": "python"},
        widgets={
            "application/vnd.jupyter.widget-state+json": {
                "state": js("state", "</script><script>JS</script>")
            }
        },
    )
    return whole


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class Home(http.server.ThreadingHTTPServer):
    """Shows one page, and writes down what else it is asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"
        self.page = ""
        self.asked: list[str] = []


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Home

    def do_GET(self) -> None:
        page = self.server.page if self.path == "/" else ""
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())
        if self.path not in ("/", "/favicon.ico"):
            self.server.asked.append(self.path)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def listening() -> Iterator[Home]:
    """It runs."""
    with Home() as home:
        threading.Thread(target=home.serve_forever, daemon=True).start()
        yield home
        home.shutdown()
