"""What programs called, as it is kept."""

from django.conf import settings
from django.db import models

from accounts.models import ApiToken

TOOL_LENGTH = 40
DIGEST_LENGTH = 32
OUTCOME_LENGTH = 40


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
