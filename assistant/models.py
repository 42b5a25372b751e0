"""Calls of tools, and conversations with the assistant, as they are kept."""

from django.conf import settings
from django.db import models

from accounts.models import ApiToken, Sealed

TOOL_LENGTH = 40
DIGEST_LENGTH = 32
OUTCOME_LENGTH = 40
HOST_LENGTH = 255


class ToolCall(models.Model):
    """One call of a tool by a program: whose, by which token, and what it came to; never what was asked or answered.

    `digest` is the same for the same arguments. `outcome` is `ok`, the code of an error, or `cancelled`. `rows` counts
    those of a list; `has_outside` says that the answer had text which others wrote.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tool_calls")
    token = models.ForeignKey(ApiToken, on_delete=models.SET_NULL, null=True, related_name="tool_calls")
    at = models.DateTimeField(db_index=True)
    tool = models.CharField(max_length=TOOL_LENGTH)
    digest = models.CharField(max_length=DIGEST_LENGTH)
    outcome = models.CharField(max_length=OUTCOME_LENGTH)
    took_ms = models.PositiveIntegerField()
    rows = models.PositiveIntegerField(null=True)
    has_outside = models.BooleanField()

    class Meta:
        verbose_name = "call of a tool"
        verbose_name_plural = "calls of tools"
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.tool}: {self.outcome}"


class Conversation(Sealed):
    """A person's conversation. Its title is sealed."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    created = models.DateTimeField()
    changed = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-changed", "-id"]

    def __str__(self) -> str:
        return f"conversation {self.id}"


class ChatTurn(Sealed):
    """A question and its answer, both sealed; the answer is a JSON list of pieces.

    `tools` lists the calls, with a digest for arguments. `outcome` is the finish reason, `stopped`, or an error code.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_turns")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    number = models.PositiveIntegerField()
    tools = models.JSONField(default=list)
    usage = models.JSONField(default=dict)
    outcome = models.CharField(max_length=OUTCOME_LENGTH)
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="one_chat_turn_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of conversation {self.conversation_id}"


class ChatConsent(models.Model):
    """A person's consent to send their words and data to one model host."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_consents")
    host = models.CharField(max_length=HOST_LENGTH)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "host"], name="one_chat_consent_per_host")]

    def __str__(self) -> str:
        return self.host


class ChatUsage(models.Model):
    """Tokens that a person used on one UTC day."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="chat_usage")
    day = models.DateField()
    tokens = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="one_chat_usage_per_day")]

    def __str__(self) -> str:
        return f"{self.tokens} tokens on {self.day}"
