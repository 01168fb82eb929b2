"""Bars of the day: the silent quarters between are there, the highest fills the drawing."""

from datetime import datetime, timedelta

from callcenter.calls.figures import Figures
from callcenter.core import clock
from callcenter.reporting.quarter_bars import chart_of

NINE = datetime(2026, 11, 24, 9, 0, tzinfo=clock.PARIS)


def test_no_call_no_bar() -> None:
    chart = chart_of([])
    assert (chart.bars, chart.most, chart.width > 0) == ((), 0, True)


def test_silent_quarters_stand_between() -> None:
    busy, quiet = Figures(received=8, answered=6), Figures(received=2, answered=2)
    chart = chart_of([(NINE, busy), (NINE + timedelta(hours=1), quiet)])
    assert len(chart.bars) == 5
    assert chart.most == 8
    first, *silent, last = chart.bars
    assert (first.answered, first.lost) == (75, 25)
    assert all((bar.answered, bar.lost) == (0, 0) for bar in silent)
    assert (last.answered, last.lost) == (25, 0)
    assert [bar.hour for bar in chart.bars] == ["9 h", "", "", "", "10 h"]
    assert [bar.x for bar in chart.bars] == sorted({bar.x for bar in chart.bars})
