"""Pictures from strangers: checked, drawn again from their pixels alone, made small.

Nothing of the file that came is kept: not its name, not where and when it was taken (EXIF), not
what may hide after its end.
"""

import io
import warnings
from dataclasses import dataclass, field
from typing import Final

from flask_babel import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from callcenter.core.errors import UserError

BYTES_MAX: Final = 12 * 1024 * 1024
# A telephone's camera gives 12 to 50 million; a small file may claim billions.
_PIXELS_MAX: Final = 60_000_000
SIDE_MAX: Final = 1600
_QUALITY: Final = 82
_FORMATS: Final = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of at most ``SIDE_MAX`` pixels a side, upright, without metadata."""

    content: bytes = field(repr=False)
    width: int
    height: int


def clean_picture(data: bytes) -> Picture:
    """Return the picture that a file holds, made anew.

    Raises UserError for what is too large or is no photograph that we read.
    """
    if len(data) > BYTES_MAX:
        raise UserError(
            _("Cette photo dépasse %(size)s Mo.", size=BYTES_MAX // 1024 // 1024), field="photo"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
        if image.width * image.height > _PIXELS_MAX:
            raise UserError(_("Cette photo est trop grande."), field="photo")
        image.draft("RGB", (SIDE_MAX, SIDE_MAX))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((SIDE_MAX, SIDE_MAX))
        plain = _flat(upright)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise UserError(
            _("Ce fichier n'est pas une photo lisible : envoyez une image JPEG, PNG ou WebP."),
            field="photo",
        ) from error
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Picture(out.getvalue(), plain.width, plain.height)


def _flat(image: Image.Image) -> Image.Image:
    """The pixels alone, on white where the picture is transparent."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        flat = Image.new("RGB", layer.size, "white")
        flat.paste(layer, mask=layer.getchannel("A"))
        return flat
    flat = Image.new("RGB", image.size)
    flat.paste(image.convert("RGB"))
    return flat
