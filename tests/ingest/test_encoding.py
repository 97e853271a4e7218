import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import IngestError
from qa.ingest.encoding import decode

TEXT = "Zürich’s naïve café costs 5 €. Была тёплая погода. 上海"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_files_are_read_as_they_are(codec: str) -> None:
    assert decode(TEXT.encode(codec), "a.txt") == TEXT


def test_a_legacy_encoding_is_detected() -> None:
    text = (
        "Die Bürgermeisterin überreichte den Schlüssel an die Schüler der Gemeinde. "
        "Später fuhren sie über die Brücke zurück nach Hause und aßen Käse.\r\n"
    ) * 4
    assert decode(text.encode("cp1252"), "a.txt") == text


@pytest.mark.parametrize(
    "data",
    [
        b"plain until\0here",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        bytes(range(128, 256)) * 3,
        "x\0y".encode("utf-16"),
        b"\xff\xfea",
    ],
)
def test_what_is_not_text_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(IngestError, match=r"^notes/a\.txt: "):
        decode(data, "notes/a.txt")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")))
def test_utf8_round_trip(text: str) -> None:
    assert decode(text.encode(), "a.txt") == text
