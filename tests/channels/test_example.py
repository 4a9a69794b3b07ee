"""The example in `docs/integrators/webhook-channel.md` talks to a real channel, in both directions."""

from __future__ import annotations

import re
import threading
import urllib.error
from http.server import ThreadingHTTPServer
from types import ModuleType

import pytest

from frontdesk.channels import actions
from frontdesk.sdk.testing.scripted import Say
from tests.channels.place import SECRET
from tests.ground.source import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = ROOT / "docs/integrators/webhook-channel.md"


@pytest.fixture
def shop() -> ModuleType:
    [code] = re.findall(r"`shop\.py`:\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    made = ModuleType("shop")
    exec(compile(code, "shop.py", "exec"), made.__dict__)
    made.Answers.log_message = lambda *args: None
    return made


def test_a_shop_made_from_the_page_asks_and_is_answered(
    shop, channel, address, agent, owner, work, scripted, settings, live_server
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), shop.Answers)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    settings.PROVIDER_ALLOWED_HOSTS = [place]
    shop.Answers.secret = SECRET
    try:
        values = {"callback_url": f"http://{place}/", "secret": SECRET}
        actions.connect(owner, "webhook", agent.pk, values, name="Shop", channel=channel)
        assert "took our signature" in actions.check(owner, channel)
        scripted.play(Say("Yes, we do."))
        message = {"type": "message", "id": "m-1", "sender": {"id": "42", "name": "Ana"}, "text": "Do you have oat milk?"}
        assert shop.post_message(live_server.url + address, SECRET, message) == 200
        with pytest.raises(urllib.error.HTTPError, match="401"):
            shop.post_message(live_server.url + address, "another secret of somebody else", message)
        work()
        assert [answer["text"] for answer in shop.Answers.seen.values()] == ["Yes, we do."]
    finally:
        server.shutdown()
        server.server_close()
