from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from frontdesk.conversations import who_answers
from frontdesk.conversations.queries import count_by_status
from frontdesk.core.scoping import scope
from frontdesk.runs.catching_up import answer_forgotten
from frontdesk.surfaces.ops import ai
from frontdesk.workspaces.actions import change_workspace
from frontdesk.workspaces.everywhere import in_each
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor

VERBS = {
    "enable": "let the AI answer",
    "disable": "have people answer everything",
    "status": "say who answers and whether the AI can",
    "test": "have an agent answer a question for real",
    "validate": "look at everything that must be right for the AI to answer",
    "sync": "take up questions that nobody is answering",
    "conversations": "count conversations by who answers them",
}


class Command(BaseCommand):
    help = "Turn the AI's automatic answers on and off, and see whether they work. Ends with 1 when something is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("verb", choices=VERBS, help=" · ".join(f"{verb}: {what}" for verb, what in VERBS.items()))
        parser.add_argument("--user", help="only workspaces of this person, by user name or e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspaces = ai.workspaces_of(options["user"])
        except ai.NoSuchUser as error:
            raise CommandError(str(error)) from error
        if not workspaces:
            raise CommandError("There is no workspace yet. `manage.py load_demo` makes one, and so does signing up.")
        getattr(self, f"_{options['verb']}")(workspaces)

    def _enable(self, workspaces: Sequence[Workspace]) -> None:
        self._each(workspaces, lambda workspace: self._switch(workspace, on=True))

    def _disable(self, workspaces: Sequence[Workspace]) -> None:
        self._each(workspaces, lambda workspace: self._switch(workspace, on=False))

    def _switch(self, workspace: Workspace, *, on: bool) -> bool:
        before = workspace.auto_response
        if before != on:
            workspace = change_workspace(Actor.system(workspace, "ai_control"), auto_response=on)
        word = "on" if on else "off"
        self._line(workspace, f"automatic answers are {word}" + (" already" if before == on else ""))
        if on and (reason := who_answers.why_ai_cannot(workspace)):
            self._line(workspace, f"but: {reason}")
            return False
        return True

    def _status(self, workspaces: Sequence[Workspace]) -> None:
        self._each(workspaces, self._show)

    def _show(self, workspace: Workspace) -> bool:
        reason = who_answers.why_not_ai(workspace)
        handler = workspace.get_default_reply_handler_display()
        self._line(workspace, f"automatic answers {'on' if workspace.auto_response else 'off'}; new conversations: {handler}")
        self._line(workspace, f"the AI does not answer now: {reason}" if reason else "the AI answers now")
        return True

    def _test(self, workspaces: Sequence[Workspace]) -> None:
        self._each(workspaces, lambda workspace: self._report(workspace, [ai.try_out(workspace)]))

    def _validate(self, workspaces: Sequence[Workspace]) -> None:
        self._each(workspaces, lambda workspace: self._report(workspace, list(ai.look(workspace))))

    def _report(self, workspace: Workspace, findings: Sequence[ai.Finding]) -> bool:
        for finding in findings:
            mark = self.style.SUCCESS("ok  ") if finding.well else self.style.ERROR("FAIL")
            self.stdout.write(f"{mark} {workspace.slug}: {finding.name}: {finding.said}")
        return all(finding.well for finding in findings)

    def _sync(self, workspaces: Sequence[Workspace]) -> None:
        tally = in_each(answer_forgotten, workspaces)
        self.stdout.write(f"{tally.workspaces} workspaces looked at, {tally.done} questions taken up")
        if tally.failed:
            raise CommandError("\n".join(f"{slug}: {problem}" for slug, problem in tally.failed.items()))

    def _conversations(self, workspaces: Sequence[Workspace]) -> None:
        total: dict[str, int] = {}
        for workspace in workspaces:
            with scope(workspace=workspace):
                counts = count_by_status()
            self._line(workspace, "  ".join(f"{status} {count}" for status, count in counts.items()))
            total = {status: total.get(status, 0) + count for status, count in counts.items()}
        if len(workspaces) > 1:
            self.stdout.write("all: " + "  ".join(f"{status} {count}" for status, count in total.items()))

    def _each(self, workspaces: Sequence[Workspace], do: Callable[[Workspace], bool]) -> None:
        """Raises CommandError at the end when it went wrong somewhere."""
        wrong = []
        for workspace in workspaces:
            with scope(workspace=workspace):
                if not do(workspace):
                    wrong.append(workspace.slug)
        if wrong:
            raise CommandError(f"Something is wrong in {len(wrong)} of {len(workspaces)} workspaces: {', '.join(wrong)}")

    def _line(self, workspace: Workspace, text: str) -> None:
        self.stdout.write(f"{workspace.slug}: {text}")
