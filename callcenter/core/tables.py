"""Every table of the house in one import: for migrations, the wall and its tests."""

from sqlalchemy import MetaData

from callcenter.core.db import Base


def metadata() -> MetaData:
    """Return the metadata with every room's tables loaded.

    Rooms are found by their ``…models`` modules, so that a new room's tables are known to the
    migrations check and to the isolation tests without a list to keep.
    """
    import importlib
    import pkgutil

    import callcenter

    for package in pkgutil.iter_modules(callcenter.__path__, "callcenter."):
        if not package.ispkg:
            continue
        room = importlib.import_module(package.name)
        for module in pkgutil.iter_modules(room.__path__, package.name + "."):
            if module.name.endswith(("models", ".accounts", ".audit")):
                importlib.import_module(module.name)
    return Base.metadata
