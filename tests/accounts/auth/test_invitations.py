"""Who may come in: the first owner by a one-time link, then whom owners invite, or everybody if the desk is open."""

import datetime
import re

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError
from django.db.models.signals import pre_save
from django.test import Client
from django.utils import timezone

from accounts.auth import invitations
from accounts.models import Invitation, User
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, BOB, PASSWORD

pytestmark = pytest.mark.django_db

BASE = "http://testserver"
CAROL = "carol@example.com"


def sign_up(browser, email, path="/accounts/signup/"):
    return browser.post(path, {"email": email, "password1": PASSWORD})


def path_of(link):
    assert link is not None
    return link.removeprefix(BASE)


# The first owner


def test_the_first_link_makes_the_owner_of_the_desk(client):
    path = path_of(invitations.first_link(BASE))
    assert client.get(path).status_code == 200
    answer = sign_up(client, "Owner@Example.com", path)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/settings"
    owner = User.objects.get()
    assert (owner.email, owner.is_owner, owner.is_staff, owner.is_superuser) == ("owner@example.com", True, True, True)
    assert client.get("/accounts/settings").status_code == 200


def test_it_works_once(client):
    path = path_of(invitations.first_link(BASE))
    sign_up(client, ALICE, path)
    other = Client()
    assert other.get(path).status_code == 404
    assert sign_up(other, BOB, path).status_code == 404
    assert User.objects.count() == 1


def test_looking_at_it_does_not_use_it_up():
    path = path_of(invitations.first_link(BASE))
    for _ in range(3):
        assert Client().get(path).status_code == 200
    assert sign_up(Client(), ALICE, path).status_code == 302


def test_a_form_that_did_not_pass_does_not_use_it_up(client):
    path = path_of(invitations.first_link(BASE))
    assert client.post(path, {"email": "nonsense", "password1": PASSWORD}).status_code == 200
    assert client.post(path, {"email": ALICE, "password1": "123"}).status_code == 200
    assert sign_up(client, ALICE, path).status_code == 302


def test_one_of_several_links_ends_all_of_them():
    first, second = (path_of(invitations.first_link(BASE)) for _ in range(2))
    waiting = Client()
    assert waiting.get(second).status_code == 200
    sign_up(Client(), ALICE, first)
    assert sign_up(waiting, BOB, second).status_code == 404
    assert sign_up(waiting, BOB).status_code == 200
    assert User.objects.filter(is_superuser=True).count() == 1


def test_a_race_for_the_desk_has_one_winner(rf):
    """Both passed every check; the second finds no link left, whatever it checked before."""
    invitations.first_link(BASE)
    invitations.first_link(BASE)
    one, other = Invitation.objects.all()
    request = rf.get("/")
    request.session = {}
    invitations.accept(request, one, User.objects.create_user(ALICE, PASSWORD))
    with pytest.raises(PermissionDenied):
        invitations.accept(request, other, User.objects.create_user(BOB, PASSWORD))


def test_it_ends_after_a_day(client):
    path = path_of(invitations.first_link(BASE))
    Invitation.objects.update(expires=timezone.now() - datetime.timedelta(seconds=1))
    assert client.get(path).status_code == 404


def test_there_is_no_first_link_once_somebody_owns_the_desk(owner):
    assert invitations.first_link(BASE) is None
    with pytest.raises(CommandError, match="owner already"):
        call_command("claim_link")


def test_a_link_printed_before_ends_with_the_first_owner_however_made(client):
    path = path_of(invitations.first_link(BASE))
    waiting = Client()
    waiting.get(path)
    User.objects.create_superuser("owner@example.com", PASSWORD)
    assert client.get(path).status_code == 404
    assert b"by invitation" in sign_up(waiting, ALICE).content
    assert User.objects.count() == 1


def test_a_desk_of_guests_can_still_be_claimed(client, settings):
    settings.OPEN_SIGNUP = True
    sign_up(client, BOB)
    assert not User.objects.get(email=BOB).is_owner
    sign_up(Client(), ALICE, path_of(invitations.first_link(BASE)))
    assert User.objects.get(email=ALICE).is_owner


def test_the_command_prints_a_link_that_works(client, capsys):
    call_command("claim_link", url="https://desk.example.com/")
    printed = capsys.readouterr().out.strip()
    assert printed.startswith("https://desk.example.com/accounts/claim/")
    assert client.get(printed.removeprefix("https://desk.example.com")).status_code == 200


def test_the_token_is_not_in_the_database():
    token = path_of(invitations.first_link(BASE)).rsplit("/", 1)[1]
    assert token not in str(list(Invitation.objects.values()))


def test_createsuperuser_makes_an_owner_by_address_alone(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", email="Alice@Example.com", interactive=False, verbosity=0)
    assert User.objects.get(email=ALICE).is_owner
    assert invitations.first_link(BASE) is None


# Everybody else


def test_sign_up_is_closed(client):
    assert b"by invitation" in client.get("/accounts/signup/").content
    assert b"by invitation" in sign_up(client, ALICE).content
    assert not User.objects.exists()


def test_open_signup_opens_it_to_people_who_own_nothing(client, settings):
    settings.OPEN_SIGNUP = True
    assert sign_up(client, ALICE).status_code == 302
    alice = User.objects.get()
    assert (alice.is_owner, alice.is_staff) == (False, False)
    assert client.get("/accounts/settings").status_code == 200


def invitation_link(owner, email):
    answer = sign_in(owner).post("/accounts/invitations", {"email": email}, follow=True)
    found = re.search(r"http://testserver(/accounts/invitations/[\w-]+)", answer.content.decode())
    assert found
    return found[1]


def test_an_invitation_lets_its_address_in_once(owner):
    path = invitation_link(owner, "Alice@example.com")
    guest = Client()
    answer = guest.get(path, follow=True)
    assert answer.status_code == 200
    assert f'value="{ALICE}"' in answer.content.decode()
    assert sign_up(guest, ALICE).status_code == 302
    alice = User.objects.get(email=ALICE)
    assert (alice.is_owner, alice.is_staff) == (False, False)
    assert Invitation.objects.get().used_by == alice
    late = Client()
    assert late.get(path).status_code == 404
    assert b"by invitation" in sign_up(late, BOB).content


def test_it_lets_no_other_address_in(owner):
    path = invitation_link(owner, ALICE)
    guest = Client()
    guest.get(path)
    answer = sign_up(guest, BOB)
    assert answer.status_code == 200
    assert b"This invitation is for alice@example.com" in answer.content
    assert not User.objects.filter(email=BOB).exists()


def test_two_browsers_with_one_invitation_make_one_person(owner):
    path = invitation_link(owner, ALICE)
    one, other = Client(), Client()
    one.get(path)
    other.get(path)
    assert sign_up(one, ALICE).status_code == 302
    assert b"by invitation" in sign_up(other, ALICE).content


def test_inviting_again_replaces_the_first_invitation(owner):
    first, second = invitation_link(owner, ALICE), invitation_link(owner, ALICE)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 302


def test_it_ends_when_its_time_is_over_or_it_is_withdrawn(owner):
    path = invitation_link(owner, ALICE)
    guest = Client()
    guest.get(path)
    Invitation.objects.update(expires=timezone.now())
    assert Client().get(path).status_code == 404
    assert b"by invitation" in sign_up(guest, ALICE).content
    path = invitation_link(owner, BOB)
    row = Invitation.objects.get(email=BOB)
    sign_in(owner).post(f"/accounts/invitations/{row.pk}/withdraw")
    assert Client().get(path).status_code == 404


def test_a_deleted_person_does_not_open_their_invitation_again(owner):
    path = invitation_link(owner, ALICE)
    guest = Client()
    guest.get(path)
    sign_up(guest, ALICE)
    User.objects.get(email=ALICE).delete()
    assert Client().get(path).status_code == 404


def test_an_invitation_is_no_claim_and_a_claim_no_invitation(owner):
    invited = invitation_link(owner, ALICE)
    assert Client().get(invited.replace("invitations", "claim")).status_code == 404
    owner.delete()
    claim = path_of(invitations.first_link(BASE))
    assert Client().get(claim.replace("claim", "invitations")).status_code == 404


def test_only_owners_invite(alice, owner):
    browser = sign_in(alice)
    assert browser.post("/accounts/invitations", {"email": BOB}).status_code == 403
    assert Client().post("/accounts/invitations", {"email": BOB}).status_code == 302
    invitations.invite(owner, CAROL)
    row = Invitation.objects.get(email=CAROL)
    assert browser.post(f"/accounts/invitations/{row.pk}/withdraw").status_code == 403
    assert b"Invitation" not in browser.get("/accounts/settings").content


def test_who_is_here_already_cannot_be_invited(owner, alice):
    answer = sign_in(owner).post("/accounts/invitations", {"email": "Alice@example.com"})
    assert b"has an account already" in answer.content
    assert not Invitation.objects.exists()


# Signing in


def test_an_address_is_one_person_however_it_is_written(client, alice):
    answer = client.post("/accounts/login/", {"login": "ALICE@Example.COM", "password": PASSWORD})
    assert answer.status_code == 302
    with pytest.raises(IntegrityError):
        User.objects.create_user("Alice@Example.com", PASSWORD)


def test_a_person_needs_an_address():
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user("", PASSWORD)


def test_a_person_without_a_password_cannot_sign_in(client):
    User.objects.create_user(ALICE)
    assert client.post("/accounts/login/", {"login": ALICE, "password": ""}).status_code == 200


def test_guessing_is_stopped_even_if_the_right_password_comes_then(alice):
    for _ in range(5):
        assert Client().post("/accounts/login/", {"login": ALICE, "password": "a wrong guess"}).status_code == 200
    answer = Client().post("/accounts/login/", {"login": ALICE, "password": PASSWORD})
    assert answer.status_code == 200
    assert b"Too many failed" in answer.content


def test_no_mail_has_to_be_answered_first(client, settings, mailoutbox):
    settings.OPEN_SIGNUP = True
    sign_up(client, ALICE)
    assert client.get("/accounts/settings").status_code == 200
    assert not EmailAddress.objects.get(email=ALICE).verified


def test_a_forgotten_password_is_reset_by_mail(client, alice, mailoutbox):
    client.post("/accounts/password/reset/", {"email": ALICE})
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mailoutbox[0].body)
    assert found
    form = client.get(found[1], follow=True)
    new = "another quiet password"
    client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
    alice.refresh_from_db()
    assert alice.check_password(new)


def test_a_desk_that_sends_no_mail_says_so_and_not_that_one_was_sent(client, alice, settings, mailoutbox):
    settings.SENDS_MAIL = False
    assert "This desk sends no mail" in client.post("/accounts/password/reset/", {"email": ALICE}).text
    assert mailoutbox == []


def test_an_invitation_carried_along_stands_in_no_other_forms_way(alice, owner, mailoutbox):
    """Who opened an invitation for somebody else can still reset a password, and ask for another address."""
    token, _ = invitations.invite(owner, BOB)
    guest, signed_in = Client(), sign_in(owner)
    for browser in (guest, signed_in):
        browser.get(f"/accounts/invitations/{token}")
    assert guest.post("/accounts/password/reset/", {"email": ALICE}).status_code == 302
    assert [mail.to for mail in mailoutbox] == [[ALICE]]
    signed_in.post("/accounts/email/", {"email": "new@example.com"})
    assert mailoutbox[1].to == ["new@example.com"]


def test_the_admin_signs_in_by_the_desks_own_page(client, alice):
    assert client.get("/admin/login/?next=/admin/")["Location"].startswith("/accounts/login/")
    assert sign_in(alice).get("/admin/login/").status_code == 403


def test_of_two_who_sign_up_by_one_address_at_once_the_later_is_told_that_it_is_taken(owner, caplog):
    """The other one comes in between the look at the form and the row that is written."""
    token, _ = invitations.invite(owner, BOB)
    browser = Client()
    browser.get(f"/accounts/invitations/{token}")

    def come_first(sender, instance, **_):
        if instance.email == BOB and not User.objects.filter(email=BOB).exists():
            User.objects.bulk_create([User(email=BOB)])

    pre_save.connect(come_first, sender=User)
    try:
        answer = browser.post("/accounts/signup/", {"email": BOB, "password1": PASSWORD})
    finally:
        pre_save.disconnect(come_first, sender=User)
    assert answer.status_code == 200
    assert "A user is already registered with this email address." in answer.text
    assert PASSWORD not in answer.text
    assert Invitation.objects.get().is_open, "who has the account was not let in by it"
    assert not [record for record in caplog.records if record.exc_info]
