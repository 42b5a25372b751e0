"""What the owner of a person asks of their signals: who follows, what is registered, published and pending."""

import logging
from collections.abc import Mapping

import msgspec
from django.db import transaction

from accounts.links.store import announce
from signals.models import LearnedModel, LearnerProgress, SignalFact, SignalFollower
from signals.predictors.baseline import LearnedRate
from signals.predictors.catalogue import ModelKey
from signals.predictors.contract import Registration, SignalModel
from signals.predictors.stand_in import restore_model
from signals.record.batch import SignalBatch
from signals.record.chain import LinkedFact
from signals.store import read_content, read_data, read_fact
from streaming.ownership import rows as ownership

logger = logging.getLogger(__name__)


class RegisteredModel(msgspec.Struct, frozen=True):
    """A model's registration, the newest bar that it spoke of, and how many bars its schedule had by then."""

    registration: Registration
    newest: int
    place: int


class PublishedModels(msgspec.Struct, frozen=True):
    """What models have learned up to the fact `number` of the chain, by name and version.

    `learned` counts the outcomes of each, `baselines` are by horizon.
    """

    number: int
    baselines: dict[int, LearnedRate]
    models: dict[ModelKey, SignalModel]
    learned: dict[ModelKey, int]


class PendingSignal(msgspec.Struct, frozen=True):
    """A recorded signal without an outcome. `batch` is None where its record is gone, or cannot be read."""

    fact: LinkedFact
    batch: SignalBatch | None


def follow(person: int, *, is_on: bool) -> None:
    """Have a person follow signals, or no longer; what was said before keeps its outcomes."""
    with transaction.atomic():
        SignalFollower.objects.update_or_create(person_id=person, defaults={"is_on": is_on})
        if is_on:
            ownership.watch(person)
        announce(person)


def is_followed(person: int) -> bool:
    """Whether a person follows signals."""
    return SignalFollower.objects.filter(person=person, is_on=True).exists()


def write_silent(person: int, silent: Mapping[str, str]) -> None:
    """Keep why models do not speak for a person."""
    for row in SignalFollower.objects.filter(person=person):
        if row.silent != silent:
            SignalFollower.objects.filter(person=person).update(silent=dict(silent))


def read_silent(person: int) -> dict[str, str]:
    """Return why models do not speak for a person, by the names that the desk has for them."""
    row = SignalFollower.objects.filter(person=person, is_on=True).first()
    return {} if row is None else dict(row.silent)


def read_registered(person: int) -> list[RegisteredModel]:
    """Return the models that are registered, in order."""
    found = []
    facts = SignalFact.objects.filter(person=person)
    for row in facts.filter(about="model").order_by("number"):
        told = msgspec.convert(read_fact(row).detail, Registration)
        newest = facts.filter(about="signal", model=row.model, version=row.version).order_by("-bar").first()
        if newest is None:
            found.append(RegisteredModel(told, row.at, 0))
        else:
            found.append(RegisteredModel(told, newest.bar, read_fact(newest).detail["place"] + 1))
    return found


def read_published(person: int, models: Mapping[ModelKey, SignalModel]) -> PublishedModels:
    """Return what was published last of `models`; those that published nothing are left out."""
    progress = LearnerProgress.objects.filter(person=person).first()
    found: dict[ModelKey, SignalModel] = {}
    learned: dict[ModelKey, int] = {}
    for name, version, state, count in LearnedModel.objects.filter(person=person).values_list(
        "model", "version", "state", "learned"
    ):
        if (name, version) in models:
            found[name, version] = restore_model(models[name, version], bytes(state))
            learned[name, version] = count
    if progress is None:
        return PublishedModels(0, {}, found, learned)
    return PublishedModels(progress.number, decode_baselines(bytes(progress.baselines)), found, learned)


def decode_baselines(data: bytes) -> dict[int, LearnedRate]:
    """Return the base rates of each horizon."""
    return msgspec.msgpack.decode(data, type=dict[int, LearnedRate]) if data else {}


def read_pending(person: int) -> list[PendingSignal]:
    """Return the signals that have no outcome, in the order of their facts."""
    rows: list[SignalFact] = []
    facts = SignalFact.objects.filter(person=person)
    for name, version in LearnedModel.objects.filter(person=person).values_list("model", "version"):
        mine = facts.filter(model=name, version=version)
        done = mine.filter(about="outcome").order_by("-bar").values_list("bar", flat=True).first()
        rows += mine.filter(about="signal", bar__gt=-1 if done is None else done)
    rows.sort(key=lambda row: row.number)
    data = read_data(person, rows)
    return [PendingSignal(fact, _batch_of(fact, data.get(fact.digest))) for fact in map(read_fact, rows)]


def _batch_of(fact: LinkedFact, data: bytes | None) -> SignalBatch | None:
    try:
        content = read_content(fact, data)
    except ValueError as error:
        logger.warning("what %s %s said at %d cannot be read: %s", fact.model, fact.version, fact.bar, error)
        return None
    return content if isinstance(content, SignalBatch) else None
