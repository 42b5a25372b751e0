"""The operator's list of companies is read where there is one, and a bad one is told of at start."""

import json

from news.owner.filers import check, known_filers
from news.text.filers import load_filers

TINY = {"0": {"cik_str": 77, "ticker": "TINY", "title": "Tiny Co"}}


def test_without_a_list_the_large_filers_are_known(settings):
    settings.NEWS_COMPANY_TICKERS = ""
    assert len(known_filers()) == len(load_filers())
    assert check() == []


def test_a_list_adds_its_companies(settings, tmp_path):
    settings.NEWS_COMPANY_TICKERS = str(tmp_path / "company_tickers.json")
    (tmp_path / "company_tickers.json").write_text(json.dumps(TINY))
    assert check() == []
    assert known_filers().symbols(["cik:0000000077"]) == ("TINY",)


def test_a_list_that_is_missing_or_bad_is_an_error_at_start_and_hides_nobody(settings, tmp_path):
    settings.NEWS_COMPANY_TICKERS = str(tmp_path / "nowhere.json")
    (missing,) = check()
    assert "NEWS_COMPANY_TICKERS" in missing.msg
    assert "No such file" in missing.msg
    (tmp_path / "page.json").write_text("<html>")
    settings.NEWS_COMPANY_TICKERS = str(tmp_path / "page.json")
    (bad,) = check()
    assert (bad.id, "it is no JSON" in bad.msg, bad.is_serious()) == ("news.C001", True, True)
    assert known_filers().symbols(["cik:0000320193"]) == ("AAPL",)
