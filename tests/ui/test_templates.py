"""Templates: all of them load, and what is compiled is kept for the next process."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from flask import Flask

from callcenter.app import create_app
from callcenter.settings import Settings
from callcenter.ui.templates import Kept, load_all


def test_every_template_is_loaded_at_the_start(app: Flask) -> None:
    load_all(app)
    loader, cache = app.jinja_loader, app.jinja_env.cache
    assert loader is not None
    assert cache is not None
    loaded = {name for _loader, name in cache.keys()}  # noqa: SIM118 - an LRUCache
    assert loaded >= set(loader.list_templates())


def test_what_is_compiled_is_kept_where_nobody_else_writes(settings: Settings) -> None:
    folder = settings.var_dir / "templates"
    app = create_app(settings)
    app.jinja_env.get_template("layout/base.html")
    assert isinstance(app.jinja_env.bytecode_cache, Kept)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert any(folder.iterdir())


def test_a_folder_that_goes_away_costs_no_page(settings: Settings, tmp_path: Path) -> None:
    app = create_app(settings.model_copy(update={"var_dir": tmp_path}))
    shutil.rmtree(tmp_path / "templates")
    assert app.jinja_env.get_template("layout/base.html").name == "layout/base.html"


def test_nothing_is_taken_from_a_folder_of_somebody_else(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    assert create_app(settings).jinja_env.bytecode_cache is None
