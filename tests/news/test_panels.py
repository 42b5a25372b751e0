"""The panel of news as the server makes it: what a simulator told wears its tag."""

import re

import pytest
from django.template.loader import render_to_string

from accounts.models import User
from news.owner import runner
from news.owner.runner import StoryMemory
from news.panels import shown
from news.store.writer import Origin
from tests.news.store.test_writer import desk
from tests.support.news import item

ROW = re.compile(r"<h3>.*?>([^<]+)</a>.*?data-part=\"simulated\">([^<]*)<", re.DOTALL)
HEAD = re.compile(r"data-part=\"tag\"( hidden)?>simulated<")


@pytest.mark.django_db
def test_stories_of_simulated_sources_wear_the_tag_and_no_others():
    User.objects.create_user("1@example.com", "a long enough one", pk=1)

    def rows() -> tuple[list[tuple[str, str]], bool]:
        page = render_to_string("news/panel.html", shown(1, "QQQ", None))
        (head,) = HEAD.findall(page)
        return ROW.findall(page.split("<template>")[0]), head == ""

    term, memory = desk(), StoryMemory()
    runner.analyse_and_store(term, Origin("real", "The wire"), [item(1, "Acme opens a plant in Ohio")], {}, memory)
    assert rows() == ([("Acme opens a plant in Ohio", "")], False)
    simulated = Origin("sim", "Simulated wire", is_simulated=True)
    runner.analyse_and_store(term, simulated, [item(2, "Bolt recalls all of its bicycles")], {}, memory)
    assert rows() == (
        [("Bolt recalls all of its bicycles", "simulated"), ("Acme opens a plant in Ohio", "")], True,
    )  # fmt: skip
