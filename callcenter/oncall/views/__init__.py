"""The screens of on-call: the calendar, rotas with their lists, shifts and swaps."""

from callcenter.oncall.views import agenda, rotas, shifts
from callcenter.oncall.views.parts import blueprint

__all__ = ["agenda", "blueprint", "rotas", "shifts"]
