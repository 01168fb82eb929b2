"""The screens that set up members and their accounts; each module adds its pages."""

from callcenter.members.views import calendars, directory, houses, lines, mandates, teams, users
from callcenter.members.views.parts import blueprint

__all__ = ["blueprint", "calendars", "directory", "houses", "lines", "mandates", "teams", "users"]
