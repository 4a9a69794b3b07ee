"""Groups of questions that mean the same, and the messages they were asked in."""

from __future__ import annotations

from django.db import models

from frontdesk.core.models import WorkspaceModel


class QuestionGroup(WorkspaceModel):
    """One thing that customers asked and the knowledge did not say. `vector` is its first question's (float32, `space`); empty
    where no model reads it."""

    space = models.CharField(max_length=160, blank=True, editable=False)
    vector = models.BinaryField(default=bytes, editable=False)
    words = models.JSONField(default=list, editable=False)
    # What an owner wrote for it, and when a search for the question first found that.
    answer = models.ForeignKey("knowledge.Source", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    # Somebody looked for the answer and it was not found.
    missed_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return " ".join(self.words)


class UnansweredQuestion(WorkspaceModel):
    """A customer's message whose answer rested on nothing. It goes with the message."""

    group = models.ForeignKey(QuestionGroup, on_delete=models.CASCADE, related_name="questions")
    message = models.OneToOneField("conversations.Message", on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["group", "-asked_at"], name="unanswered_of_group")]

    def __str__(self) -> str:
        return f"{self.message_id}"
