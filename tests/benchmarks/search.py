"""Time of searches and pages of the inbox in a workspace with 10,000 conversations and 100,000 messages.

    FRONTDESK_DATA=/tmp/search-benchmark python tests/benchmarks/search.py [--explain]

The data folder is made and filled at the first run (about two minutes) and used again by the next; `manage.py clean_data`
forgets it. Words are drawn as in a language: the first is in every fourth message, the last in one of thousands. The time is
the median of five after a first one, all queries and their rows as Python objects.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import django

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
EMAIL = "owner@search-benchmark.example"
CONVERSATIONS, MESSAGES, NOTES, TAGS = 10_000, 10, 2_000, 20
ROUNDS, MOST_MS = 5, 100
SYLLABLES = ("ka", "lo", "mi", "ren", "su", "ti", "vo", "nes", "dar", "pel")
LATIN = ["".join(syllables) for syllables in product(SYLLABLES, repeat=3)]
ARABIC = ["طلب", "فاتورة", "توصيل", "شكرا", "متى", "السعر", "موعد", "إلغاء"]
CHINESE = "我想知道订单什么时候能到谢谢退款价格多少"
SEARCHES = {
    "a common word": LATIN[0],
    "a rare word": LATIN[900],
    "three words": f"{LATIN[0]} {LATIN[3]} {LATIN[40]}",
    "the beginning of a word": LATIN[70][:5],
    "a part of a word": LATIN[123][2:],
    "two letters": "ka",
    "a customer's name": "Visitor 77",
    "a phone number": "030 1234543",
    "an Arabic word": "فاتورة",
    "Chinese": "退款",
    "nothing there": "zzzzqq",
}


def owner() -> Any:
    from django.core.management import call_command

    from frontdesk.core import engines
    from frontdesk.workspaces import accounts, credentials
    from frontdesk.workspaces.models import User

    engines.ensure()
    call_command("migrate", verbosity=0, interactive=False)
    user = User.objects.filter(email=EMAIL).first()
    if user is not None:
        return credentials.member(user)
    user = accounts.register(EMAIL, "unused but long enough", full_name="Owner", workspace_name="Search")
    actor = credentials.member(user)
    begun = time.perf_counter()
    fill(actor)
    print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
    return actor


def fill(actor: Any) -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from frontdesk.agents import actions as agents
    from frontdesk.agents.starters import start_content
    from frontdesk.conversations.models import Contact, Conversation, Message, Note, Tag, Tagging
    from frontdesk.core.scoping import scope

    chance, now, workspace = random.Random(11), timezone.now(), actor.workspace
    with scope(workspace=workspace), transaction.atomic():
        agent = agents.create_agent(actor, start_content("Agent"), live=True)
        contacts = Contact.objects.bulk_create(
            Contact(workspace=workspace, name=f"Visitor {n}", email=f"v{n}@example.org", phone=f"+49 30 {1_000_000 + n * 37}")
            for n in range(CONVERSATIONS)
        )
        tags = Tag.objects.bulk_create(Tag(workspace=workspace, name=f"Tag {n}") for n in range(TAGS))
        talks = Conversation.objects.bulk_create(
            Conversation(
                workspace=workspace,
                agent=agent,
                contact=contact,
                channel_kind="widget",
                status=chance.choice(["active", "active", "support_active", "closed"]),
                priority=chance.choice([1, 2, 2, 2, 3, 4]),
                last_message_at=now - timedelta(minutes=25 * n),
                last_inbound_at=now - timedelta(minutes=25 * n),
                waiting_since=now - timedelta(minutes=25 * n) if n % 9 == 0 else None,
                last_message_preview=sentence(chance)[:160],
            )
            for n, contact in enumerate(contacts)
        )
        for start in range(0, MESSAGES):
            Message.objects.bulk_create(
                Message(
                    workspace=workspace,
                    conversation=talk,
                    author=Message.Author.AI if start % 2 else Message.Author.CUSTOMER,
                    text=sentence(chance),
                )
                for talk in reversed(talks)
            )
        Note.objects.bulk_create(
            Note(workspace=workspace, conversation=chance.choice(talks), text=sentence(chance), author_name="Owner")
            for _n in range(NOTES)
        )
        Tagging.objects.bulk_create(
            Tagging(workspace=workspace, conversation=talk, tag=tag) for talk in talks for tag in chance.sample(tags, 2)
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum would do within a minute


def sentence(chance: random.Random) -> str:
    """About twenty words, the first of the list the most frequent."""
    kind = chance.randrange(20)
    if kind == 0:
        return " ".join(chance.choices(ARABIC, k=12))
    if kind == 1:
        return "".join(chance.choices(CHINESE, k=20))
    words = [LATIN[min(len(LATIN) - 1, int(chance.paretovariate(0.35)) - 1)] for _n in range(20)]
    return " ".join(words).capitalize() + "."


def measure(work: Callable[[], Any]) -> tuple[float, int, Any]:
    """Milliseconds, queries, and what came of it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        result = work()
    took = []
    for _round in range(ROUNDS):
        begun = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - begun))
    if "--explain" in sys.argv:
        explain([query["sql"] for query in queries.captured_queries])
    return median(took), len(queries), result


def explain(queries: list[str]) -> None:
    from django.db import connection

    for sql in queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"), [])
            print("\n".join(row[0] for row in cursor.fetchall()), "\n", flush=True)


def main() -> None:
    django.setup()
    actor = owner()
    from frontdesk.conversations import inbox, views
    from frontdesk.conversations.filtering import Filters
    from frontdesk.conversations.models import Tag
    from frontdesk.core.scoping import scope

    with scope(workspace=actor.workspace):
        tag = Tag.objects.earliest("id").uuid
        pages = {
            "the inbox": Filters(),
            "unread": Filters(unread=True),
            "a tag, open, mine": Filters(tags=[tag], status="open", assignee="me"),
            "a tag": Filters(tags=[tag]),
            "urgent": Filters(priority=["urgent"]),
            "waiting longer than an hour": Filters(waiting_minutes=60),
            "not delivered": Filters(trouble=True),
        }
        searches = {f"search: {name}": Filters(words=words) for name, words in SEARCHES.items()}
        filtered = {"search: a common word, with a tag": Filters(words=LATIN[0], tags=[tag])}
        late = []
        print("| what | ms | queries | rows |\n|---|---|---|---|")
        for name, filters in (pages | searches | filtered).items():
            took, queries, page = measure(lambda filters=filters: inbox.page(actor, filters))
            print(f"| {name} | {took:.0f} | {queries} | {len(page.rows)} |", flush=True)
            late += [name] if took > MOST_MS else []
        took, queries, _counts = measure(lambda: views.count_all(actor, list(pages.values())))
        print(f"| counts of {len(pages)} views | {took:.0f} | {queries} | |")
    print(f"\nLimit: {MOST_MS} ms. Over: {', '.join(late) or 'none'}.")


if __name__ == "__main__":
    main()
