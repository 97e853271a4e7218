import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import IngestError
from qa.ingest.encoding import decode

TEXT = "Zürich’s naïve café costs 5 €. Была тёплая погода. 上海"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_files_are_read_as_they_are(codec: str) -> None:
    assert decode(TEXT.encode(codec), "a.txt") == TEXT


@pytest.mark.parametrize(
    "codec",
    [
        *("undefined", "no-such", "idna", "punycode", "unicode_escape", "raw_unicode_escape"),
        *("utf-7", "utf-16", "utf-16-le", "utf-32", "cp037", "hex", "rot13"),
    ],
)
def test_what_a_page_can_t_be_in_though_it_says_so(codec: str) -> None:
    text = "Café \\new +AEE- \\ud800 prices were raised in May."
    for odd in ("", "!"):
        assert decode(f"{text}{odd}".encode("cp1252"), "a.html", codec) == f"{text}{odd}"


def test_what_a_page_says_it_is_in() -> None:
    for codec in ("cp1252", "iso8859-2", "mac_roman"):
        assert decode("Größe".encode(codec), "a.html", codec) == "Größe"


def test_a_legacy_encoding_is_detected() -> None:
    text = (
        "Die Bürgermeisterin überreichte den Schlüssel an die Schüler der Gemeinde. "
        "Später fuhren sie über die Brücke zurück nach Hause und aßen Käse.\r\n"
    ) * 4
    assert decode(text.encode("cp1252"), "a.txt") == text


WESTERN = [
    *(
        "£50",
        "Price: 50 €",
        "Revenue in £bn",
        "Straße",
        "naïve",
        "Señor Muñoz",
        "Elif Çelik-Jørgensen",
    ),
    *("Siân O’Brien", "El Niño—La Niña", "¿Qué? ¡Sí!", "N° 5, 1ª y 2º piso", "Hääyöaie ja pääöljy"),
    *("5 m² · 20 °C ± 1, ½ cup, 10 µm", "© Acme™ «bonjour» »Wort«", "STRAßE, ÉCOLE", "Çà et là"),
    "The fee is £50 per day – “no exceptions”.",
    "García, Müller, Jörg, Núñez, João, Ångström",
    "Perché la città è più bella? È già lì.",
    "Tõnu sõi öösel žürii šokolaadi",
    "Ég á þrjár bækur og eina öðruvísi",
    "The contract runs for three years and costs £50 a month. " * 20,
]
OTHERS = [
    ("cp1251", "Москва является столицей России. В городе живёт двенадцать миллионов человек."),
    ("koi8-r", "Москва является столицей России. В городе живёт двенадцать миллионов человек."),
    ("cp1253", "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας."),
    ("gb18030", "北京是中华人民共和国的首都。公司食堂的营业时间为上午十一点半。"),
    ("big5", "公司食堂的營業時間為上午十一點半。午餐價格為十八元。"),
    ("shift_jis", "東京は日本の首都です。会社の食堂は十一時半に開きます。"),
    ("euc_kr", "서울은 대한민국의 수도이다. 회사 식당은 열한 시 반에 연다."),
    ("cp1250", "Dnes je pěkný den a večer půjdeme do kina s přáteli."),
    ("iso8859-2", "Stolicą Polski jest Warszawa, a burmistrzem miasta Łódź był Łukasz."),
    ("cp1250", "Az új igazgató hétfőtől őrzi a kulcsokat, és fűtést is szerel."),
    ("iso8859-2", "Zašto je kuća veća od crkve? Želim čašu vode."),
    ("iso8859-2", "Hlavné mesto leží pri rieke, ľudia sú veľmi milí a ďakujú."),
    ("cp1254", "Çalışma saatleri değişti; müdür İstanbul’da görüşecek."),
    ("cp1257", "Vilnius yra didžiausias šalies miestas, žmonės jį mėgsta."),
    ("mac_roman", "Der Schlüssel für die Tür hängt über dem Ofen. Größe: mittel."),
    ("cp850", "Der Schlüssel für die Tür hängt über dem Ofen."),
]


@pytest.mark.parametrize("text", WESTERN, ids=lambda text: text[:20])
def test_western_files_are_read_as_windows_1252(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert decode(text.encode("cp1252"), "notes/a.txt") == text
    (message,) = caplog.messages
    assert message.startswith("notes/a.txt: not UTF-8, read as cp1252")
    assert text not in message


@pytest.mark.parametrize(("codec", "text"), OTHERS)
def test_other_scripts_and_languages_are_not_taken_for_western(codec: str, text: str) -> None:
    assert decode(text.encode(codec), "a.txt") == text


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


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["Harbour rules\n", "Žluťoučký kůň and other words."])
def test_utf_16_without_a_byte_order_mark_is_named(codec: str, text: str) -> None:
    with pytest.raises(IngestError, match=r"UTF-16 without a byte-order mark; save it as UTF-8"):
        decode(text.encode(codec), "a.txt")


QUOTED = "it’s a test – “quoted” words here.\n" * 20


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (QUOTED.encode() + b"\xa0 end", "byte 860 (line 21);"),
        (QUOTED.encode()[:837], "byte 835 (line 20);"),
        ("Größe und Maß.\nÜber Grüße".encode() + b"\xc3", "byte 31 (line 2);"),
        (b"\xff \x80" + QUOTED.encode(), "byte 0 (line 1) and 1 more;"),
    ],
)
def test_a_bad_byte_in_utf8_is_named(data: bytes, place: str) -> None:
    with pytest.raises(IngestError) as refused:
        decode(data, "notes/a.txt")
    assert str(refused.value).startswith(f"notes/a.txt: UTF-8 but for {place}")


@given(st.data())
def test_utf8_with_a_byte_too_many_is_never_read_as_something_else(data: st.DataObject) -> None:
    text = data.draw(st.text("ab äß–“上é\n", min_size=1)) + "Größe – “Maß”"
    at = data.draw(st.integers(0, len(text)))
    broken = text[:at].encode() + b"\xff" + text[at:].encode()
    with pytest.raises(IngestError, match=rf"byte {len(text[:at].encode())} \(line "):
        decode(broken, "a.txt")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")))
def test_utf8_round_trip(text: str) -> None:
    assert decode(text.encode(), "a.txt") == text
