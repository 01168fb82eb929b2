"""Reading what members send: pure, no database. See ``docs/import.md``.

``read_file`` is the door; ``QuarantineWriter`` keeps what was refused, ready to be mended.
"""

from callcenter.estate.importing.fields import FileKind
from callcenter.estate.importing.mapping import Mapping, propose_mapping
from callcenter.estate.importing.normalise import search_key
from callcenter.estate.importing.reader import (
    Inspection,
    Reading,
    RowReport,
    inspect_file,
    read_file,
)
from callcenter.estate.importing.records import (
    ContractRecord,
    DwellingRecord,
    LeaseRecord,
    Person,
    Record,
    fingerprint,
)
from callcenter.estate.importing.report import QuarantineWriter, report_data, summary
from callcenter.estate.importing.transforms.phones import PhoneEntry

__all__ = [
    "ContractRecord",
    "DwellingRecord",
    "FileKind",
    "Inspection",
    "LeaseRecord",
    "Mapping",
    "Person",
    "PhoneEntry",
    "QuarantineWriter",
    "Reading",
    "Record",
    "RowReport",
    "fingerprint",
    "inspect_file",
    "propose_mapping",
    "read_file",
    "report_data",
    "search_key",
    "summary",
]
