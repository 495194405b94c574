"""Makes pages of templates: words in the reader's language, addresses of the bundle, the nonce of this response."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from agent_ui.assets import asset
from agent_ui.texts import language_of, translator

_environment = Environment(
    loader=PackageLoader("agent_ui", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = asset


def language(request: Request) -> str:
    """The language in which to answer a request."""
    return language_of(request.headers.get("accept-language", ""))


def render(
    request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **context: Any
) -> HTMLResponse:
    """A page, made of a template as `part` makes it."""
    return HTMLResponse(part(request, template, **context), status, headers)


def part(request: Request, template: str, **context: Any) -> str:
    """A template's text. Beside `context` it has `t` (its texts), `language`, `nonce`, `asset`, `host` and `path`."""
    chosen = language(request)
    return _environment.get_template(template).render(
        t=translator(chosen, "page"),
        language=chosen,
        nonce=request.state.nonce,
        host=request.headers.get("host", ""),
        path=request.url.path,
        **context,
    )
