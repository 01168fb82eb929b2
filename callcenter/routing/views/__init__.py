"""The screens of categories and rules; each module adds its pages."""

from callcenter.routing.views import (
    categories,
    questions,
    residences,
    rules,
    targets,
    trial,
    versions,
)
from callcenter.routing.views.parts import blueprint

__all__ = [
    "blueprint",
    "categories",
    "questions",
    "residences",
    "rules",
    "targets",
    "trial",
    "versions",
]
