"""The bundled tools: what they answer, and that nobody can make them do anything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from frontdesk_kit import plugin
from frontdesk_kit.clock import CurrentTime
from frontdesk_kit.sums import calculate
from frontdesk_kit.web_page import MOST_BYTES, ReadWebPage
from frontdesk_kit.wikipedia import SearchWikipedia

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.testing.context import context_for, no_web
from frontdesk.sdk.tools import Tool, ToolAnswer

RECORDINGS = Path(__file__).parent / "recordings"
Answer = Callable[[httpx.Request], httpx.Response]


def context(answer: Answer = no_web, **given: Any) -> Context:
    """What the host hands over, with a web that answers as the test says."""
    return context_for(plugin.manifest(), web=answer, **given)


async def use(tool: Tool, answer: Answer = no_web, *, language: str = "", **arguments: Any) -> ToolAnswer:
    checked = tool.arguments.model_validate(arguments)
    given = await tool.call(checked, context(answer, language=language))
    assert isinstance(given, ToolAnswer)
    return given


def test_the_plugin_offers_its_tools() -> None:
    tools = plugin.register_tools()
    assert [tool.name for tool in tools] == ["calculate", "current_time", "search_wikipedia", "read_web_page"]
    for tool in tools:
        assert tool.parameters["type"] == "object" and tool.parameters["additionalProperties"] is False


@pytest.mark.parametrize(
    ("sum_", "result"),
    [
        ("0.1 + 0.2", "0.3"),
        ("3 * 4.20", "12.6"),
        ("200 * 15%", "30"),
        ("15 % 4", "3"),
        ("-7 // 2", "-4"),
        ("2 ^ 10", "1024"),
        ("٣ × ٤", "12"),
        ("round(2.675, 2)", "2.68"),
        ("round(7.5 / 3, 2)", "2.50"),
        ("sqrt(2) ** 2", "2"),
        ("max(1, 2, 3) − min(4, 5)", "-1"),
        ("1e3 / 3", "333.3333333333333333333333333333333"),
        ("10 ** 40", "1E+40"),
        ("pi", "3.141592653589793238462643383279503"),
    ],
)
def test_sums(sum_, result) -> None:
    assert calculate(sum_) == result


@pytest.mark.parametrize(
    "sum_",
    [
        "__import__('os').system('true')",
        "(1).__class__",
        "[1][0]",
        "lambda: 1",
        "'a' * 1000",
        "open('/etc/passwd')",
        "True + 1",
        "1 if 1 else 2",
        "sqrt",
        "round(1, ndigits=2)",
        "sqrt(1, 2)",
        "9 ** 9 ** 9",
        "10 ** 1000 * 10",
        "2 ** -99999",
        "1 / 0",
        "0 / 0",
        "sqrt(-1)",
        "ln(0)",
        "1e999999",
        "round(1, 999)",
        "(" * 240 + "1" + ")" * 240,
        "-" * 400 + "1",
        "1 +",
        "\x00",
        "",
    ],
)
def test_what_is_no_sum_is_refused_in_words(sum_) -> None:
    with pytest.raises(ToolError, match=r"[.]$"):
        calculate(sum_)


async def test_the_time_in_a_zone() -> None:
    clock = CurrentTime(lambda: datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert (await use(clock, time_zone="asia/tokyo")).text == "Monday, 02 March 2026, 08:30 (Asia/Tokyo, UTC+0900, week 10)"
    own = await clock.call(clock.arguments(), context(time_zone="Europe/Lisbon"))
    assert "Sunday, 01 March 2026, 23:30 (Europe/Lisbon" in own.text
    with pytest.raises(ToolError, match="no time zone called 'Mars'"):
        await use(clock, time_zone="Mars")


async def test_wikipedia_in_the_language_of_the_reader() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=(RECORDINGS / "wikipedia_search.json").read_bytes())

    found = await use(SearchWikipedia(), answer, query="espresso & steam", language="en")
    assert (found.title, found.url) == ("Espresso", "https://en.wikipedia.org/wiki/Espresso")
    assert found.text.index("concentrated form of coffee") < found.text.index("espresso machine brews")
    assert "disambiguation" not in found.text
    assert asked[0].url.host == "en.wikipedia.org"
    assert asked[0].url.params["gsrsearch"] == "espresso & steam"
    assert "Frontdesk" in asked[0].headers["user-agent"]
    tool = SearchWikipedia()
    await tool.call(tool.arguments(query="قهوة"), context(answer, language="ar"))
    assert asked[1].url.host == "ar.wikipedia.org"


@pytest.mark.parametrize("language", ["evil.com/", "en.evil", "../x", "a", "EN:80"])
async def test_a_language_is_no_way_to_another_host(language) -> None:
    with pytest.raises(ToolError, match="no language code"):
        await use(SearchWikipedia(), query="x", **{"language": language})


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, json={"batchcomplete": True}),
        httpx.Response(200, content=b"<html>Sorry"),
        httpx.Response(200, json=[]),
        httpx.Response(503),
    ],
)
async def test_wikipedia_without_an_answer(response) -> None:
    with pytest.raises(ToolError, match=r"nothing for|properly"):
        await use(SearchWikipedia(), lambda request: response, query="x")


PAGE = """<!doctype html><html><head><title> Our  café </title><style>p {}</style><script>alert(1)</script></head>
<body><nav><a href="/">Home</a></nav><h1>Opening <b>hours</b></h1><p>Every day<br>from nine.</p>
<ul><li>Tea</li><li>Coffee</li></ul><table><tr><th>Cake</th><td>3.20</td></tr></table><p>Grüße</p></body></html>"""


PDF = httpx.Response(200, content=b"%PDF", headers={"content-type": "application/pdf"})


async def test_a_page_is_read_as_text() -> None:
    read = await use(ReadWebPage(), lambda request: httpx.Response(200, html=PAGE), url="https://cafe.example/hours")
    assert read.text == "Opening hours\nEvery day\nfrom nine.\n- Tea\n- Coffee\nCake | 3.20\nGrüße"
    assert (read.title, read.url) == ("Our café", "https://cafe.example/hours")


async def test_a_page_in_its_own_encoding() -> None:
    page = '<html><head><meta charset="windows-1256"></head><body>قهوة</body></html>'.encode("windows-1256")
    read = await use(
        ReadWebPage(),
        lambda request: httpx.Response(200, content=page, headers={"content-type": "text/html"}),
        url="https://a.example",
    )
    assert read.text == "قهوة"


async def test_redirects_are_followed_and_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/old":
            return httpx.Response(301, headers={"location": "/new"})
        return httpx.Response(200, text="Here.", headers={"content-type": "text/plain"})

    assert (await use(ReadWebPage(), answer, url="https://a.example/old")).url == "https://a.example/new"


async def test_a_page_without_end_is_cut() -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 2**16
            yield b"word " * (2**16 // 5)

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless(), headers={"content-type": "text/plain"})

    assert len((await use(ReadWebPage(), answer, url="https://a.example")).text) == 15_000
    assert sent < 2 * MOST_BYTES


@pytest.mark.parametrize(
    ("url", "answer", "said"),
    [
        ("ftp://a.example/x", None, "not a web address"),
        ("https://", None, "not a web address"),
        ("javascript:alert(1)", None, "not a web address"),
        ("https://a.example/x", PDF, "application/pdf"),
        ("https://a.example/gone", httpx.Response(404), r"error \(404\)"),
        ("https://a.example/empty", httpx.Response(200, html="<html><body><script>x</script></body></html>"), "no text"),
        ("https://a.example/nothing", httpx.Response(200, text=""), "no text"),
        ("https://a.example/loop", httpx.Response(302, headers={"location": "https://a.example/loop"}), "too many times"),
    ],
)  # fmt: skip
async def test_what_is_no_page_is_told(url, answer, said) -> None:
    with pytest.raises(ToolError, match=said):
        await use(ReadWebPage(), (lambda request: answer) if answer else None, url=url)


async def test_a_host_that_is_refused_is_told() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("inside a private network", request=request)

    with pytest.raises(ToolError, match="could not be reached"):
        await use(ReadWebPage(), refuse, url="http://169.254.169.254/latest/meta-data/")
