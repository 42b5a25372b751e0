"""On a whole desk with a simulated venue the simulated model is ready, without a key and without a process more."""

from tests.support.people import ALICE


def test_the_simulated_model_is_ready_for_who_is_signed_in(desk):
    assert desk.get("/chat/health").status_code == 401
    with desk.sign_in(ALICE) as client:
        told = client.get("/chat/health").json()
    assert (told["status"], told["model"], told["is_simulated"]) == ("ready", "simulated", True)
    assert told["host"].startswith("127.0.0.1:")
