"""Which addresses of apprise are taken, and that a refusal says which ones are."""

import pytest

from alerts.delivery.apprise_address import SERVICES, BadAddressError, read_scheme, secrets_of

TOKEN = "JHMHI8qBe7bk2ZwO5U711o3dV_js"


@pytest.mark.parametrize("scheme", sorted(SERVICES))
def test_the_services_of_the_list_are_taken(scheme):
    assert read_scheme(f"{scheme}://user:{TOKEN}@host.example/to?format=text") == scheme


@pytest.mark.parametrize(
    "scheme",
    ["json", "jsons", "xml", "xmls", "form", "forms", "syslog", "apprise", "apprises", "https", "http", "file",
     "gotify", "ntfy", "matrix", "mailto", "dbus", "windows", "rsyslog", "smpp", "mqtt"],
)  # fmt: skip
def test_others_are_refused_with_their_name_and_those_that_are_taken(scheme):
    with pytest.raises(BadAddressError) as refused:
        read_scheme(f"{scheme}://user:{TOKEN}@10.0.0.1/")
    assert str(refused.value).startswith(f"{scheme}:// is not taken here, only discord://, gotifys://")
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize(
    "option", ["attach", "template", "pgpprv", "pgppub", "filename", "url", "footer_logo", "+x", ":k"]
)
def test_options_that_have_something_read_are_refused(option):
    with pytest.raises(BadAddressError, match="its option"):
        read_scheme(f"discord://1/{TOKEN}?format=text&{option}=/etc/passwd")


@pytest.mark.parametrize("address", ["", "discord", "://x", "discord://", f"discord://{'x' * 2_000}", "discord://a\nb"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(BadAddressError):
        read_scheme(address)


def test_its_secrets_are_its_longer_parts_and_the_whole():
    address = f"mailtos://alice:{TOKEN}@host.example/to?token=abcdefghij"
    assert {address, TOKEN, "abcdefghij"} <= set(secrets_of(address))
    assert "to" not in secrets_of(address)
    assert secrets_of("") == [""]
