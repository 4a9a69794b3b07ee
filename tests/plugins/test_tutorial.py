"""docs/plugins/tutorial.md, followed to the letter: its files, its commands in a fresh environment, and its clicks."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from playwright.async_api import Browser, expect
from psycopg.conninfo import make_conninfo

from frontdesk.core import engines
from tests.bootstrap.launch import Launch, free_port

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(500)]
PAGE = (Path(settings.ROOT) / "docs/plugins/tutorial.md").read_text(encoding="utf-8")
PIECE = re.compile(r"(?:`([\w/]+\.\w+)`:\n\n)?```(\w+)\n(.*?)```", re.S)
SERVES = "manage.py up"
CLICKS = re.compile(r"\*\*(.+?)\*\*")
PATIENCE = 30_000


@pytest.fixture
def database(engines_up: None, migrated_template: str) -> Iterator[str]:
    """Of this Frontdesk alone."""
    name = f"test_tutorial_{os.getpid()}"
    with psycopg.connect(engines.database_url(), dbname="postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}"')
        yield make_conninfo(engines.database_url(), dbname=name)
        maintenance.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def launch(tmp_path: Path, database: str) -> Iterator[Launch]:
    """A folder that is as a checkout after `make setup`: an environment of its own, which sees what is installed in ours."""
    checkout = tmp_path / "frontdesk"
    checkout.mkdir()
    (checkout / "manage.py").symlink_to(Path(settings.ROOT) / "manage.py")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", checkout / ".venv"], check=True)
    paths = {"base": str(checkout / ".venv"), "platbase": str(checkout / ".venv")}
    theirs = Path(sysconfig.get_path("purelib", "venv", vars=paths))
    (theirs / "frontdesk_checkout.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    launch = Launch(checkout, tmp_path / "data", free_port())
    kept = {name: value for name, value in launch.environment.items() if not name.endswith("_API_KEY") and name != "PYTHONPATH"}
    launch.environment = {**kept, "DATABASE_URL": database, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    yield launch
    if launch.process and launch.process.poll() is None:
        launch.interrupt()
    engines.clean(launch.data)


def follow(launch: Launch) -> None:
    """Write each file and run each command of the page, in order; the last command serves."""
    plugin = launch.checkout.parent / "frontdesk-coffee"
    for name, language, text in PIECE.findall(PAGE):
        if name:
            (plugin / name).write_text(text, encoding="utf-8")
            continue
        assert language == "sh", f"a piece without a file's name: {text}"
        for command in text.strip().splitlines():
            if SERVES in command:
                launch.start("sh", "-c", command)
                continue
            done = launch.run("sh", "-c", command)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            print(command, done.stdout, sep="\n")


async def test_the_tutorial_is_true(launch: Launch, browser: Browser, capsys: pytest.CaptureFixture[str]) -> None:
    follow(launch)
    said = capsys.readouterr().out
    assert "coffee: excellent" in said
    assert said.count(" passed") == 2
    demo = json.loads((launch.data / "demo.json").read_text())
    steps = iter(CLICKS.findall(PAGE.partition("## 4.")[2].partition("## 5.")[0]))
    context = await browser.new_context(locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    await page.goto(f"http://127.0.0.1:{launch.port}/studio/")
    await page.get_by_label("E-mail").fill(demo["email"])
    await page.get_by_label("Password").fill(demo["password"])
    await page.get_by_role("button", name="Sign in").click()

    await page.get_by_role("link", name=next(steps), exact=True).click()
    await page.get_by_role("link", name=next(steps), exact=True).click()
    await page.get_by_role("link", name=next(steps)).click()
    await page.get_by_role("button", name=next(steps)).click()
    await expect(page.get_by_label("Seconds a cup")).to_have_value("90")

    await page.get_by_role("link", name=next(steps), exact=True).click()
    await page.get_by_role("link", name=next(steps), exact=True).click()
    await page.get_by_role("checkbox", name=re.compile(f"^{next(steps)}")).check()
    await page.get_by_label("Ask as a customer").fill(re.findall(r"\*(How soon.+?)\*", PAGE)[0])
    await page.get_by_role("button", name="Ask", exact=True).click()
    answer = page.locator("#trial .s-message[data-author=ai]").last
    await expect(answer).to_contain_text("It will not take long.")
    await answer.get_by_text(next(steps)).click()
    await expect(answer).to_contain_text(re.findall(r"what the tool said: `(.+?)`", PAGE)[0])
    await page.get_by_role("button", name=next(steps)).click()
    await expect(page.get_by_text("Live. Customers get this from now on.")).to_be_visible()
    assert next(steps, None) is None
    await context.close()
