"""Mail, by the desk's own server for mail."""

import asyncio
import concurrent.futures
import functools
import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from alerts.delivery.contract import Message, Refused, Undelivered

AT_ONCE = 4
"""Mails that are handed over at the same time."""


@functools.cache
def _threads() -> concurrent.futures.ThreadPoolExecutor:
    """Return the threads for mail: a server that hangs must hold up nothing else that waits for a thread."""
    return concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alerts-mail")


class MailSender:
    """One confirmed address of a person. Sending waits in a thread: Django's connection to a server blocks."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def send(self, message: Message) -> None:
        """Hand a mail to the server. Raises Undelivered, and Refused where the address is not taken."""
        if not settings.SENDS_MAIL:
            raise Refused("this desk sends no mail (EMAIL_URL is not set)")
        try:
            await asyncio.get_running_loop().run_in_executor(_threads(), self._mail(message).send)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()), (0, b""))[0]
            refusal = Refused if 500 <= code < 600 else Undelivered
            raise refusal(f"the server for mail does not take the address ({code})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Undelivered(f"the server for mail did not take it ({type(error).__name__})") from None

    def _mail(self, message: Message) -> EmailMessage:
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("<> ") or "localhost"
        text = "\n\n".join(part for part in (message.body, message.url) if part)
        subject = " ".join(message.title.split())[:200]
        headers = {"Message-ID": f"<alert-{message.id}@{domain}>", "Auto-Submitted": "auto-generated"}
        return EmailMessage(subject, text, to=[self._address], headers=headers)
