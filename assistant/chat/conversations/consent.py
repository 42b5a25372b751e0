"""Consents of people to send their words and data to a model host. Asks the database."""

from django.utils import timezone

from assistant.models import ChatConsent


def has_consent(person: int, host: str) -> bool:
    """Whether a person agreed to a host."""
    return ChatConsent.objects.filter(person=person, host=host).exists()


def give_consent(person: int, host: str) -> None:
    """Store that a person agrees to a host."""
    ChatConsent.objects.get_or_create(person_id=person, host=host, defaults={"at": timezone.now()})


def withdraw_consents(person: int) -> None:
    """Forget every consent of a person."""
    ChatConsent.objects.filter(person=person).delete()
