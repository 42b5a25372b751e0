"""One address for each person."""

import importlib

from allauth.account.models import EmailAddress
from django.apps import apps

from accounts.auth import addresses
from tests.support.people import ALICE, BOB


def test_what_nobody_confirmed_goes_with_the_upgrade_and_what_was_stays(alice, bob):
    EmailAddress.objects.create(user=alice, email=ALICE.upper(), primary=True)
    EmailAddress.objects.create(user=alice, email="added@example.com")
    EmailAddress.objects.create(user=alice, email="other@example.com", verified=True)
    EmailAddress.objects.create(user=bob, email=BOB, primary=True, verified=True)
    importlib.import_module("accounts.migrations.0006_drop_unconfirmed_addresses").drop(apps, None)
    left = (address.lower() for address in EmailAddress.objects.values_list("email", flat=True))
    assert sorted(left) == [ALICE, BOB, "other@example.com"]


def test_an_address_is_taken_however_it_is_spelled(alice):
    EmailAddress.objects.create(user=alice, email="other@example.com", verified=True)
    assert addresses.is_taken(ALICE.upper())
    assert addresses.is_taken("OTHER@example.com")
    assert not addresses.is_taken(BOB)
