"""The English catalogue holds every word of the screens, and English pages speak English.

Run ``make catalogue`` after a change of words, then translate what is new.
"""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from tests.page_checks import Page
from tests.tickets.scenes import opened, token_for
from tests.world import World, sign_in

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "callcenter/translations/en/LC_MESSAGES/messages.po"
KEYWORDS: dict[str, Any] = {**DEFAULT_KEYWORDS, "_l": None, "lazy_gettext": None}
KEYWORDS["lazy_ngettext"] = (1, 2)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{[a-z_]*\}|%%")

# Words of our own screens that English does not have.
FRENCH = re.compile(
    r"\b(Demandes?(?! de logement)|Enregistrer|Rechercher|Appels?|Appelant|Motif|Logements?|Locataire|Ouvertes?"
    r"|Connexion|Mot de passe|Membres|Bureau|Réglages|Échéance|Priorité|Aucune?|Votre|Choisir"
    r"|Ajouter|Annuler|Journal|Suivi|Équipes?|Lignes|Envoyer|Modèles|Patrimoine|Rien|Tous|Toutes)\b"
)


@pytest.fixture(scope="module")
def english() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def _sources() -> dict[Any, str]:
    """Return every text that the sources mark for translation, and a file that says it."""
    found: dict[Any, str] = {}
    places = [
        ("python", "callcenter", "*.py"),
        ("python", "workers", "*.py"),
        ("jinja2.ext:babel_extract", "templates", "*.html"),
        ("jinja2.ext:babel_extract", "templates", "*.txt"),
    ]
    for method, folder, pattern in places:
        options = {"extensions": "jinja2.ext.do"} if method.startswith("jinja2") else {}
        for path in sorted((ROOT / folder).rglob(pattern)):
            for _line, text, _notes, _context in extract_from_file(
                method, path, keywords=KEYWORDS, options=options
            ):
                found[text] = str(path.relative_to(ROOT))
    return found


def _words(text: Any) -> list[str]:
    return list(text) if isinstance(text, (tuple, list)) else [text]


def test_every_text_is_in_the_english_catalogue(english: Catalog) -> None:
    known = {message.id for message in english if message.id}
    sources = _sources()
    assert [f"{path}: {text}" for text, path in sources.items() if text not in known] == []
    assert [text for text in known if text not in sources] == []
    assert not english.obsolete


def test_every_text_is_translated_with_its_placeholders(english: Catalog) -> None:
    wrong = []
    for message in english:
        if not message.id:
            continue
        translated = _words(message.string)
        complete = all(translated) and not message.fuzzy
        same = all(
            sorted(set(PLACEHOLDER.findall(french))) == sorted(set(PLACEHOLDER.findall(words)))
            for french, words in zip(_words(message.id), translated, strict=True)
        )
        if not (complete and same):
            wrong.append(message.id)
    assert wrong == []


def test_english_has_no_french_typography(english: Catalog) -> None:
    spaced = re.compile(r"\s[:;?!](\s|$)|[«»]")
    texts = [text for message in english if message.id for text in _words(message.string)]
    assert [text for text in texts if spaced.search(text)] == []


def test_the_catalogue_compiles(english: Catalog) -> None:
    compiled = io.BytesIO()
    write_mo(compiled, english)
    assert compiled.tell() > 0


def _english_page(client: FlaskClient, address: str) -> str:
    client.set_cookie("language", "en")
    page = Page(client.get(address))
    assert page.status == 200, address
    return page.text


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("agent", "/desk"),
        ("agent", "/tickets"),
        ("agent", "/estate"),
        ("manager-a", "/messages"),
        ("manager-a", "/tickets"),
        ("manager-a", "/audit"),
    ],
)
def test_pages_speak_english(client: FlaskClient, world: World, who: str, address: str) -> None:
    sign_in(client, world.user(who))
    assert FRENCH.findall(_english_page(client, address)) == []


def test_public_pages_speak_english(app: Flask, client: FlaskClient, world: World) -> None:
    assert FRENCH.findall(_english_page(client, "/sign-in")) == []
    link = f"/s/{token_for(opened(world))}"
    assert FRENCH.findall(_english_page(client, link)) == []
