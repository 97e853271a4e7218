import itertools
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.blocks import plain_blocks
from tests.hostile import PLAIN, SIZE

# A line each that is one of its text's paragraphs, and a text each that is one paragraph.
SEPARATE = [
    "Item A costs 5 EUR\nItem B costs 7 EUR\nItem C costs 9 EUR",
    "Monday to Friday 9-17\nSaturday from 9-12",
    "Address:\nBrightwater Ltd.\n12 Canal Row\nHalloway HX1 2AB",
    "Signed for the Client: Dorothea Finch, Chief Operating Officer\n"
    "Signed for the Provider: Klaus-Peter Brandt, Geschäftsführer",
    "Present: Amara Okafor (chair), Jens Lindqvist and Prof. Helga Stein\nApologies: Tomás García",
    "Main telephone number of the desk 4400\nfax: 4401",
    "name\tcity\tthe number of people who live in the house\nAnna Bergström\tRome\t123",
    "Name,Phone,City,A column that nobody needs\nAnna,123,Rome,no\nBert,4,Bonn,yes",
    "E01    Water tank empty, fill it up to the mark before you go on\nE02    Brewing unit blocked",
    "The level that is meant|how many spaces there are on it\nP1|40",
    "The item in stock  where it is kept and by whom\nThe longest of all ladders  in the shed",
    "Number of the part           100  12.50\nNumber of the other part      20   2.50\n"
    "Number of a third part        30  22.50\nNumber of what is left         7   9.50",
    "The level that is meant | how many spaces there are on it\nP1 | 40",
    "1.1 The Provider shall clean the premises five times a week,\n1.2 The premises",
    "– eins, das lang genug ist, um den Rand des Textes zu erreichen\n– zwei",
    "1. Open the lid that is on the upper side of the kettle and fill it\n2. Switch it on",
    "A. Open the lid that is on the upper side of the kettle and fill it\nB. Switch it on",
    "- something that is long enough to reach the margin of this text\n1. a part of it\n2. another",
    "IX. An article that is long enough to reach the margin of the text\nX. Another\nXI. A third",
    "I. An article that is long enough to reach the margin of the text\nII. Another\nIII. A third",
    "Of the kettles that are in the kitchen of the library, whoever is there:\n1. fills one\n"
    "2. boils it",
    "The order says that it is the library which pays for the new kettle.\nA. Who may use it\n"
    "B. Who fills it",
    "☐ a task that is long enough to reach the margin of the text\n☑ another",
    "i. an item that is long enough to reach the margin of a text\nii. another\niii. a third",
    "The longest of all the lines, which is their heading\nThen text follows here. It is\nshort.",
    "二〇二五年十月十四日星期二上午在三楼洛夫莱斯会议室召开的会议\n主席：王丽华\n电话：6655-1234",
    "上海手册\n上海的市花是白玉兰。",
    *(
        f"{mark}Parking is free for all who come to read the books of the library\n"
        f"{mark}Coffee is sold at the counter that is to the left of the entrance\n{mark}Tea"
        for mark in ("•", "\uf0b7 ", "→ ", "» ", "❖ ", "∙ ", "✗ ", "o ")
    ),
    *(
        f"{form.format(1)} Parking is free for all who come to read the books of it\n"
        f"{form.format(2)} Coffee is sold at the counter that is near the entrance\n"
        f"{form.format(3)} Tea"
        for form in ("[{}]", "Article {}.", "Art. {}", "Section {}.")
    ),
    "2.1.Parking is free for all who come to read the books of the library\n2.2.Coffee\n2.3.Tea",
    "1. Open the lid that is on the upper side of the kettle and fill it\n1.1 Fill it up\n"
    "1.2 Close it",
    *(
        f"{first} Anna: whoever comes to read the books of the library may park in the\n"
        f"{then} Bert: yard"
        for first, then in (
            ("[10:15]", "[10:16]"),
            ("12/03/2025, 10:15 -", "12/03/2025, 10:16 -"),
            ("12.03.25, 10:15 -", "12.03.25, 10:16 -"),
            ("2025-03-01 10:00:00", "2025-03-01 10:00:05"),
            ("10:15", "10:16"),
        )
    ),
    "The library opens at nine and shuts when the last of the readers has gone\n[10:16] Bert: yard",
]
JOINED = [
    "The quick brown fox jumps over the lazy dog and then\nit runs on through the forest until "
    "it has\nfound its way home.",
    "* The furnace was replaced in March and the\n  lining renewed.",
    "The budget for next year amounts, as has been said before, to EUR\n4.2 million and no more.",
    "The number of members that the club had in the year of the fire is now\n42. It was "
    "thirty-eight before that, and hardly any of those came.",
    "- The contract for the new bridge over the river was signed on Monday by\nA. Okafor, who is "
    "the head of the office.",
    "1. The part that is about the water, which the council had put off to the\n3. of May, and "
    "the one about the air.",
    "It is said of nearly everything that is green that it is full of vitamin\nC. It helps.",
    "There was nobody who had written to him about the reign of Henry the\nVIII. He had.",
    "It is the bridge that the city of Halloway has always wanted\n– and that it will now have.",
    "After the mayor had spoken for half an hour she made three\nproposals: a toll and a tax.",
    "He said that there are two spaces after a full stop.  They are\nno columns.  Nor a gap.",
    "Whoever asks for it gets the whole list with `qa list --by a,b,c` or\n"
    "`qa list | less`, in the second case one page after the other: {a,b,c}\nif so many are there.",
    "The word  that has a space too many before it is no column of a table\nand its line is "
    "one of prose, as every reader sees at a glance, and\nno program does.",
    "The program  automates much  of this  for you.   By changing what is\n"
    "said of it  in the file of settings,  and only there,   it can be set\nto do more.",
    "It is one and the same;  the mayor said so,  and the council:  it is\n"
    "not to be had for less;  whoever says so,  the mayor added,  is no\nfriend of hers.",
    "There are, as was said, 1,240,000 people who live here and there\nand 1,250,000 who do not.",
    "从2025年9月1日起，公司食堂的营业时间为上午11点半至下午1点半。午餐价格为18\n"
    "元，晚餐价格为22元。食堂经理是王丽华，电话是6655-1234。素食窗口设在二楼，每周\n三供应面条。",
    *(
        f"{mark}The cost of the new bridge over the river Tarn has risen since last year to\n"
        f"{' ' * len(mark)}4.2 million euros, as the council was told."
        for mark in ("- ", "1. ", "(a) ")
    ),
    "- 6 months for the\n  battery",
    "- Whoever wants to see the\n  Mayor, or her deputy, or anybody else who has an office in the\n"
    "  hall, comes on Monday.",
    "The text can be had by whoever wants to read it at the address that is\n"
    "https://example.org/it/is/as/long/as/no/line/of/this/paragraph/is/by/far?really=yes\nor in "
    "the library, which is shut on Sundays and on the first Monday of a\nmonth.",
    "The text can be had by whoever wants to read it\n"
    "(see https://example.org/it/is/as/long/as/no/line/of/this/paragraph/is/by/far),\n"
    "which is not said of all the texts that there are.",
    "The infor-\nmation is here.",
    "It was said by those who know of such things, and who have read the text of\n[12] to its "
    "end, that the toll is laid down in the rules of the bridge, under\nSection 2. It has to be "
    "paid, and by all. That is what all of them have said.\nArticle 3 does not say by when.",
    "The outage was a long one, and nobody knew of it before the morning: it began on\n"
    "2025-03-01 10:15 and went on for two hours.",
    "En la ciudad no se puede aparcar delante de la iglesia, del ayuntamiento\no de la "
    "biblioteca, salvo los domingos.",
]


def said(text: str) -> str:
    return "".join(c for c in text if c.isalnum() or c == "😀")


def texts(text: str) -> list[str]:
    return [text[b.start : b.end] for b in plain_blocks(text)]


@pytest.mark.parametrize("text", JOINED)
def test_hard_wrapped_lines_are_one_paragraph(text: str) -> None:
    assert texts(f"{text}\n") == [text]


@pytest.mark.parametrize("text", SEPARATE)
def test_what_is_no_running_text_is_a_paragraph_a_line(text: str) -> None:
    assert texts(text) == text.splitlines()


def test_a_heading_may_be_wider_than_the_text_under_it() -> None:
    heading = "Kestrel Bridge reopens after fourteen months of repair, at twice the cost"
    body = (
        "HALLOWAY -- The bridge over the River Tarn reopened to traffic on\n"
        "Monday after a closure, the city said. The repair cost more than\nplanned."
    )
    assert texts(f"{heading}\n{body}") == [heading, body]
    prose = f"{heading} which\nHalloway bears:\n- a toll\n- a tax"
    assert texts(prose) == [f"{heading} which\nHalloway bears:", "- a toll", "- a tax"]


def test_rules_and_frames_belong_to_no_paragraph() -> None:
    text = "Memo\n====\nFrom: Gustav Ek\n\n+----+----+\n| P1 | 40 |\n+----+----+\n* * *\nThe end"
    assert texts(text) == ["Memo", "From: Gustav Ek", "| P1 | 40 |", "The end"]


@given(
    st.lists(st.text("abcdefghijklmnopqrstuvwxyzäé", min_size=1, max_size=12), min_size=20),
    st.integers(50, 110),
)
def test_wrapped_prose_is_one_paragraph_at_any_width(words: list[str], width: int) -> None:
    text = textwrap.fill(" ".join(words), width)
    assert texts(text) == [text]


@given(
    st.lists(st.text("abcdefghijklmnopqrstuvwxyzäé", min_size=1, max_size=9), min_size=20),
    st.integers(60, 110),
    st.sampled_from([("- ", "  "), ("10. ", "    "), ("> ", "> "), (">> (a) ", ">>     ")]),
)
def test_wrapped_items_and_quotations_are_one_paragraph(
    words: list[str], width: int, indents: tuple[str, str]
) -> None:
    first, others = indents
    text = " ".join(words).title()
    text = textwrap.fill(text, width, initial_indent=first, subsequent_indent=others)
    assert texts(text) == [text.lstrip("> ")]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("> 2 days before the mayor of the city is there her deputy is, and\n> nobody else.", 1),
        ("> There are\n> 2 days", 2),
        ("> - an item that is long enough to reach the margin of this text\n>   and\n> - two", 2),
        (
            "On Monday she wrote to those who are in the offices of the city:\n"
            ">> Whoever wants to see the mayor of the city of Halloway may come\n"
            "> On a Monday, as we all know, and as it has always been in our hall\n"
            "I do not know of it",
            4,
        ),
        ("> one\n>\n> two", 2),
        ("The share of those who live in this city and who have an age of\n> 50 is large.", 1),
    ],
)
def test_quoted_lines_are_judged_without_their_marks(text: str, blocks: int) -> None:
    assert len(texts(text)) == blocks


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        *(
            (text, text.splitlines())
            for text in (
                "> 50 employees need a council.\n> 100 employees need two.",
                "A council is needed for:\n> 50 employees\n>100 guests",
                "> $50 must be signed by one.\n> €500 must be signed by two.",
                ">>> import os\n>>> os.getcwd()\n'/tmp'\n>>> x\n5",
                ">>> names = ['a', 'b']\n>>> x, y = names\n>>> x == y\nFalse",
                ">>> for name in names:\n...     print(name)",
            )
        ),
        ("> 50 employees\n> need a council.", ["50 employees", "need a council."]),
        ("> 2 days\n>\n> 3 days", ["2 days", "3 days"]),
        (">>> Is it (perhaps) so?\n>> It is.\n> OK", ["Is it (perhaps) so?", "It is.", "OK"]),
        ("> Type this:\n> >>> x = 1\n> and wait.", ["Type this:", ">>> x = 1", "and wait."]),
    ],
)
def test_only_the_marks_of_quotations_are_left_out(text: str, paragraphs: list[str]) -> None:
    assert texts(text) == paragraphs


PHRASES = [
    "signed by A. Okafor",
    "on the 3. of May",
    "read by the late Dr. E. M. Forster",
    "which are 42. It was",
    "about vitamin C. It helps",
    "under Henry VIII. He had",
    "either (a) the price or (b) its half or",
    "that is i. a bridge and ii. a toll",
    "paid 100) as was said",
]


@given(st.lists(st.sampled_from(PHRASES), min_size=9), st.integers(60, 110))
def test_numbers_and_initials_in_prose_begin_no_item(phrases: list[str], width: int) -> None:
    text = textwrap.fill(" ".join(["It is", *phrases]), width)
    assert texts(text) == [text]


def justified(words: list[str], width: int, indent: str) -> str:
    """Words in lines that are filled with spaces up to the last column, as by nroff."""
    lines = textwrap.wrap(" ".join(words), width, initial_indent=indent)
    for number, line in enumerate(lines[:-1]):
        head = indent if number == 0 else ""
        parts = line.strip().split(" ")
        spare = width - len(line) + len(parts) - 1
        for gap in range(len(parts) - 1):
            parts[gap] += " " * (spare // (len(parts) - 1) + (gap < spare % (len(parts) - 1)))
        lines[number] = head + "".join(parts)
    return "\n".join(lines)


@given(
    st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=9), min_size=30),
    st.integers(60, 90),
    st.sampled_from(["", "    "]),
)
def test_justified_prose_is_one_paragraph(words: list[str], width: int, indent: str) -> None:
    text = justified(words, width, indent)
    assert texts(text) == [text.strip()]


def test_a_colon_soon_after_a_line_s_start_is_no_label_within_a_sentence() -> None:
    text = (
        "The full name of the company which was founded in 1999 by two brothers from\n"
        "San Francisco: the Smiths, who later sold it to the bank for a lot of money in\n"
        "October."
    )
    assert texts(text) == [text]


def test_labels_after_a_line_without_a_full_stop_are_apart() -> None:
    text = (
        "Our office is open every weekday from nine to five and can be reached here\n"
        "Phone: 555-1234\n"
        "Email: a@b.org"
    )
    assert texts(text) == text.splitlines()


def test_short_lines_are_paragraphs_of_their_own() -> None:
    long = "A long line that nobody wrapped. " * 5
    assert texts(f"Yang Jian\n{long}\nTi Gong") == ["Yang Jian", long.strip(), "Ti Gong"]


def test_lines_under_one_that_nobody_wrapped_are_not_joined() -> None:
    lines = [
        "Words " * 30 + "end",
        "Then comes a line of more than fifty characters, Mr Berg",
        "Mr Ek",
    ]
    assert texts("\n".join(lines)) == lines


def test_a_line_of_its_own_under_an_item_is_no_part_of_it() -> None:
    text = "- Acme GmbH\n  Canal Row 12\n- Install it.\n  run it"
    assert texts(text) == ["- Acme GmbH", "Canal Row 12", "- Install it.", "run it"]


def test_list_items_are_separate() -> None:
    assert texts("- one thing that is long enough\n- two\n1. three") == [
        "- one thing that is long enough",
        "- two",
        "1. three",
    ]


def test_crlf_blank_lines_separate() -> None:
    assert texts("a\r\n\r\nb") == ["a", "b"]


@pytest.mark.parametrize("name", PLAIN)
def test_texts_made_to_take_time(name: str) -> None:
    text = PLAIN[name](SIZE)
    assert "".join(map(said, texts(text))) == said(text)


@given(st.text(st.sampled_from("ab .\n\r-1\u2028\u3000é😀")))
def test_blocks_hold_every_letter_digit_and_emoji_in_order(text: str) -> None:
    blocks = plain_blocks(text)
    assert "".join(map(said, texts(text))) == said(text)
    assert all(map(said, texts(text)))
    assert all(a.end <= b.start for a, b in itertools.pairwise(blocks))
    assert all(t == t.strip() for t in texts(text))
