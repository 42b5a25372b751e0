"""By pyarrow, in an environment of its own: a file has every bar as it is kept, and what is missing is null."""

import datetime
import decimal
import importlib
import sys

import pytest

from market.history.parquet import ExportError, export_bars, is_installed
from tests.market.history.made_bars import MONDAY, bar, session
from tests.support.extras import installed


def test_without_the_extra_it_is_said_how_to_have_it(tmp_path):
    assert not is_installed()
    with pytest.raises(ExportError, match=r"\.ci/packages requirements-parquet\.txt"):
        export_bars(tmp_path / "bars.parquet", [])
    assert not list(tmp_path.glob("*bars*"))


@pytest.mark.process  # the environment that .ci/needs makes
def test_a_file_has_what_is_kept(tmp_path):
    bars = [*session(3, minutes=20), bar(30, None, None), bar(31, "0.12345678949")]
    file = tmp_path / "bars.parquet"
    with installed("pyarrow"):
        assert export_bars(file, [("QQQ", "1m", bars), ("SPY", "5m", [])]) == 22
        with pytest.raises(ExportError, match="cannot be written"):
            export_bars(tmp_path / "nowhere" / "bars.parquet", [])
        rows = importlib.import_module("pyarrow.parquet").read_table(file).to_pylist()
    assert "pyarrow" not in sys.modules
    assert rows[0]["time"] == datetime.datetime.fromtimestamp(MONDAY / 1000, datetime.UTC)
    assert [row["close"] for row in rows[:20]] == [one.close for one in bars[:20]]
    assert (rows[20]["close"], rows[20]["volume"]) == (None, None)
    assert rows[21]["open"] == decimal.Decimal("0.123456789"), "to nine digits"
    assert {(row["symbol"], row["interval"]) for row in rows} == {("QQQ", "1m")}
    assert [one.name for one in tmp_path.glob("*bars*")] == ["bars.parquet"], "nothing half done stays"
