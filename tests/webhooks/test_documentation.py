"""The example in the documentation verifies what is really posted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from frontdesk.webhooks.kinds import KINDS, TEST
from frontdesk.webhooks.signing import headers, new_secret

PAGE = (Path(__file__).resolve().parents[2] / "docs/integrators/outgoing-webhooks.md").read_text(encoding="utf-8")
NOW = 1_795_265_857


def test_the_example_knows_ours_from_others(monkeypatch: Any) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102  (our own page)
    check = names["is_from_frontdesk"]
    monkeypatch.setattr(names["time"], "time", lambda: NOW)
    old, new, body = new_secret(), new_secret(), b'{"id": "1"}'
    sent = headers([new, old], "1", NOW, body)
    assert check(new, sent, body)
    assert check(old, sent, body), "while both sign"
    assert not check(new_secret(), sent, body)
    assert not check(new, sent, body + b" ")
    assert not check(new, {**sent, "webhook-id": "2"}, body)
    assert not check(new, headers([new], "1", NOW - 301, body), body), "an old one, played back"


def test_every_kind_is_explained() -> None:
    table = PAGE.partition("| type | data |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", table)) == {*KINDS, TEST}
