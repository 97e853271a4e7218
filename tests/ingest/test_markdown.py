from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import IngestError
from qa.ingest.folder import sections
from qa.ingest.markdown import parse
from tests.conftest import CORPUS
from tests.hostile import MARKDOWN, SIZE

PATH = PurePosixPath("handbook/leave.md")


def test_front_matter_headings_and_words() -> None:
    parsed = parse(CORPUS["handbook/leave.md"].decode(), PATH)
    assert parsed.title == "Leave policy"
    assert parsed.metadata == {"title": "Leave policy", "department": "HR", "year": 2024}
    assert "Employees get twelve days of paid sick leave a year." in parsed.text
    assert "**" not in parsed.text
    assert "example.org" not in parsed.text
    found = sections(parsed.text, parsed.blocks)
    assert [s.title for s in found] == ["Leave", "Leave › Sick leave", "Leave › Parental leave"]
    assert "twenty-six weeks" in parsed.text[found[2].start : found[2].end]
    assert found[1].end == found[2].start
    long = parse(f"# {'x' * 500}\n\n## End\n\ntext\n", PATH)
    assert [s.title for s in sections(long.text, long.blocks)] == [
        f"{'x' * 160}…",
        f"{'x' * 160}… › End",
    ]


def texts(source: str) -> list[str]:
    parsed = parse(source, PATH)
    return [parsed.text[b.start : b.end] for b in parsed.blocks]


def test_blocks_are_the_rendered_pieces() -> None:
    parsed = parse("# A\n\none\ntwo\n\n| x |\n|---|\n| 1 |\n\n```\nif code:\n    go\n```\n", PATH)
    assert parsed.text == "A\n\none two\n\nx: 1\n\nif code:\n    go"
    found = [(parsed.text[b.start : b.end], b.heading) for b in parsed.blocks]
    assert found == [("A", 1), ("one two", 0), ("x: 1", 0), ("if code:", 0), ("    go", 0)]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("HR director: Siân\nTelephone: [12](tel:12)\ne-mail: a@b.c", 3),
        ("**Acme GmbH**\nCanal Row 12\nHamburg", 3),
        ("A line that ends hard, although it goes on  \nhere\\\nand here<br>and here", 4),
        ("The budget, on which the [council](https://example.org/a/long/address) of\nHalloway", 1),
        (
            "All people are born free and equal in dignity and rights.\nThey have reason\nand more",
            1,
        ),
        ("Minimum client version\n: 5.2.1", 1),
        ("- `key`: {string|Buffer|Uint8Array} what is to be signed, either as\n  PEM or as DER", 1),
        ("The export is made by `qa feedback export --format squad|jsonl`, if you\nlike", 1),
        ("The number of members that the club has had since the fire is now\n42. It was 38", 1),
        ("The contract for the new bridge was signed on a Monday in May by\nA. Okafor, who", 1),
        ("These are those who signed the contract for the bridge:\nA. Okafor\nB. Finch", 3),
        ("42. It was\n43. Then", 2),
        ("It is one of {red,green,blue} and takes the place of what was\nset  before it", 1),
    ],
)
def test_line_ends_separate_only_what_is_no_prose(source: str, lines: int) -> None:
    assert len(texts(source)) == lines


def test_rows_of_a_table_name_their_columns() -> None:
    table = (
        "| Years | | Approved by: |\n|---|---|---|\n| 5–9 | a<br>b | *HR* |\n| 10 | | |\n| | | |\n"
    )
    assert texts(table) == ["Years: 5–9 | a b | Approved by: HR", "Years: 10"]
    assert texts("| Site | Gateway |\n|---|---|\n") == ["Site | Gateway"]
    # What every row would repeat is no name.
    long = f"| {'x' * 121} | Gateway |\n|---|---|\n| Oslo | 10.0.0.1 |\n"
    assert texts(long) == ["Oslo | Gateway: 10.0.0.1"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("changed every ~~60~~ 90 days", "changed every 90 days"),
        ("changed every <del>60</del> 90 days", "changed every 90 days"),
        ("press <kbd>Ctrl</kbd>+<b>K</b>", "press Ctrl+K"),
        ("a <!-- draft\nby Paul --> b", "a b"),
        ("<!-- draft\n\nby Paul -->\nb", "b"),
        ("<style>\na {}\n\nb {}\n</style>\n\n<div>\n    <p>**b**</p>\n</div>", "b"),
        ("a <script>alert(1)</script>b", "a b"),
        ("- [x] b", "b"),
        ("- [ ] b", "b"),
        ("git checkout <branch>", "git checkout <branch>"),
        ("&lt;script&gt;alert(1)", "<script>alert(1)"),
        ("match `[^1]` and `<br>`", "match [^1] and <br>"),
        ("b\n\n~~all~~\n\n---\n\n!!!", "b"),
        ("# b {#t}", "b"),
        ("## b {: .no_toc #t }", "b"),
        ("b {.cls}\n---", "b"),
        ("# Blocks `{#if}`", "Blocks {#if}"),
        ("# The format {.2f}", "The format {.2f}"),
        ("{: .note }\n\nb\n{: .lead}\n\n{:toc}", "b"),
        ("The map {:a 1}\n{:b 1 :c 2}", "The map {:a 1}\n\n{:b 1 :c 2}"),
        ("[TOC]\n\nb\n\n[[_TOC_]]", "b"),
        ("> [!WARNING]\n> b", "b"),
        ("> [!note]- A *title*\n> b", "A title\n\nb"),
        ("> b\n> [!WARNING]", "b\n\n[!WARNING]"),
        ('!!! note "A *title*"\n\n    b\n\n    - c\n\nd', "A title\n\nb\n\nc\n\nd"),
        ("!!! note\n    b\n\n??? tip inline end\n    c", "b\n\nc"),
        ("!!! What a day\n\nwow\n!!! Great", "!!! What a day\n\nwow\n\n!!! Great"),
        ("a <span hidden>gone</span> b", "a b"),
        ('a <b style="color: red; Display : none">gone <b>gone</b> gone</b> b', "a b"),
        ('<i title="hidden">b</i> <input hidden> c <!-- hidden --> d', "b c d"),
        ("<div hidden>\n\n# gone\n\n<div>gone</div>\n\ngone\n\n</div>\n\nb", "b"),
        ("a <svg><text>gone</text></svg> <noscript>gone</noscript> <canvas>gone</canvas> b", "a b"),
        ('<svg width="1"/>\n\nb', "b"),
        *(
            (same, same)
            for same in (
                "In HTML the <canvas> element draws. More text.",
                "The <noscript> tag shows text if JS is off.",
                "Use the <svg> element to draw shapes in the page. More.",
            )
        ),
        ("a <svg/> b</canvas>", "a b"),
        ('<meta charset="utf-8">\n\n<picture><source srcset="x"> b</picture>', "b"),
        ('<TabItem value="mac" label="macOS">\n\nb\n\n</TabItem>', "b"),
        ("<name> b </name>", "<name> b </name>"),
        ("git checkout <branch name>", "git checkout <branch name>"),
        ("<!DOCTYPE html>\n\nb <?php x ?>", "b"),
    ],
)
def test_the_text_is_what_the_rendered_page_says(source: str, words: str) -> None:
    assert parse(source, PATH).text == words


@pytest.mark.parametrize("tag", ["del", "s", "strike", "template", "DEL", "div><del"])
@pytest.mark.parametrize(
    "gone",
    [
        "gone\n\ngone",
        "\n\ngone\n\ngone\n\n",
        "\n\n# gone\n\n- gone\n- gone\n\n> gone\n\n| gone |\n|---|\n| gone |\n\n```\ngone\n```\n\n",
        "gone <b>gone</b>\n\n<p>gone</p>\n\n",
    ],
)
def test_what_is_struck_out_or_hidden_over_paragraphs(
    tag: str, gone: str, caplog: pytest.LogCaptureFixture
) -> None:
    end = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    assert texts(f"a\n\n<{tag}>{gone}{end}\n\nb\n\n<{tag}>{gone}{end} c") == ["a", "b", "c"]
    assert not caplog.messages


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("<del>old <del>older</del> old</del> new", ["new"]),
        ("a</del> b\n\n</template>\n\nc", ["a b", "c"]),
        ("![an <del>old</del> map](x.png)", ["an old map"]),
        ("`<del>` a\n\nb `</del>`", ["<del> a", "b </del>"]),
        ("- <s>a\n- b</s>\n- c", ["c"]),
    ],
)
def test_tags_that_hide_never_reach_the_text(source: str, seen: list[str]) -> None:
    assert texts(source) == seen


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("a <del>b\n\nc", ["a", "c"]),
        ("a\n\n<del>\n\nb\n\nc", ["a"]),
        ("a\n\n> <del>\n>\n> b\n\nc", ["a", "c"]),
        ("a\n\n- <del>\n\n  b\n- c", ["a", "c"]),
        ("a\n\n<div><del>\nb\n\n<del>c</del>", ["a"]),
    ],
)
def test_what_a_tag_hides_that_is_never_closed_is_warned_of(
    source: str, seen: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert texts(source) == seen
    assert caplog.messages == [f"{PATH}: a <del> is never closed; what it hides is left out"]


@pytest.mark.parametrize(
    ("source", "seen", "mark"),
    [
        ("a\n\n<!-- b\n\nc", ["a"], "<!--"),
        ("- a\n\n  <!-- b\n- c", ["a", "c"], "<!--"),
        ("a\n\n<div hidden>\n\nb", ["a"], "<div>"),
        ('a <svg width="1">b\n\nc', ["a", "c"], "<svg>"),
    ],
)
def test_other_marks_that_hide_and_are_never_closed_are_warned_of(
    source: str, seen: list[str], mark: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert texts(source) == seen
    assert caplog.messages == [f"{PATH}: a {mark} is never closed; what it hides is left out"]


@given(st.lists(st.sampled_from(["seen", "gone"])), st.sampled_from([" ", "\n", "\n\n", "\n\n- "]))
def test_only_what_is_not_hidden_is_read(words: list[str], gap: str) -> None:
    marked = (word if word == "seen" else f"<del>{gap}gone{gap}</del>" for word in words)
    found = " ".join(texts(gap.join(marked))).split()
    assert found == ["seen"] * words.count("seen")


def test_footnotes_are_paragraphs_without_their_marks() -> None:
    source = "It is changed.[^1] It is long.[^n]\n\n[^1]: Guests get one.\n\n[^n]: Fourteen\n\nEnd"
    assert texts(source) == ["It is changed. It is long.", "Guests get one.", "Fourteen", "End"]


def nested(mark: str, depth: int) -> str:
    """Quotations or lists in each other, each level with a word of its own."""
    if mark == ">":
        return "\n".join(">" * n + f" level{n}\n" + ">" * n for n in range(1, depth + 1))
    return "\n".join("  " * n + f"- level{n}" for n in range(depth))


@pytest.mark.parametrize("mark", ["-", ">"])
@given(depth=st.integers(1, 300))
def test_deep_nesting_is_read_or_refused_but_never_left_out(mark: str, depth: int) -> None:
    source = nested(mark, depth)
    try:
        found = texts(source)
    except IngestError as error:
        assert depth > 48
        assert str(error).startswith(f"{PATH}: lists or quotations are nested more than 50 deep")
    else:
        assert len(found) == depth


@pytest.mark.parametrize("name", MARKDOWN)
def test_hostile_nesting_is_read_or_refused(name: str) -> None:
    try:
        assert texts(MARKDOWN[name](SIZE))
    except IngestError as error:
        assert "nested" in str(error)


PIECES = [
    *"ab1 \n*_`~<>/!-[]^|:#&;\\\t",
    "<br>",
    "<s>",
    "~~",
    "<!--",
    "-->",
    "\n\n",
    "| a |\n|-|\n",
    "\n!!! a\n    ",
    "\n> [!a]",
    "{: .a}",
    "<b hidden>",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_markdown_has_blocks_that_are_its_text(source: str) -> None:
    parsed = parse(source, PATH)
    position = 0
    for block in parsed.blocks:
        assert parsed.text[position : block.start].strip() == ""
        assert parsed.text[block.start : block.end].strip() != ""
        position = block.end
    assert position == len(parsed.text)


@pytest.mark.parametrize(
    "text", ["---\nAn intro.\n---\nbody", "---\n- a\n---\nbody", "---\n\nbody"]
)
def test_rules_are_not_front_matter(text: str) -> None:
    parsed = parse(text, PATH)
    assert parsed.metadata == {}
    for word in ("intro", "body"):
        assert (word in parsed.text) == (word in text)


def test_a_file_like_json_is_text() -> None:
    assert parse("{\nnot json\n}\n", PATH).text == "not json"


def test_the_title_falls_back_to_heading_then_file_name() -> None:
    assert parse("# First\n\nx", PATH).title == "First"
    assert parse("x", PATH).title == "leave"


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("## A\n\n# B\n\n## C", "B"),
        ("# A\n\n# B\n\n## C", "leave"),
        ("## A {#a}\n\n### B", "A"),
        ("---\ntitle: [Foo, Bar]\n---\nx", "leave"),
        ("---\ntitle: '  '\n---\n# A", "A"),
        ("---\ntitle: 2024\n---\n# A", "2024"),
        ("---\ntitle: 1.10\n---\n# A", "1.10"),
    ],
)
def test_the_title_says_what_the_whole_is(source: str, title: str) -> None:
    assert parse(source, PATH).title == title


def test_lists_in_front_matter_keep_their_values() -> None:
    front = "---\nissues: [2024, 2.5, true, spring, 2024-05-01]\n---\nx"
    assert parse(front, PATH).metadata == {"issues": [2024, 2.5, True, "spring", "2024-05-01"]}


def test_front_matter_that_can_t_be_filtered_on_costs_no_text() -> None:
    parsed = parse("---\nauthor: {name: Ann, year: 1990}\ntags: [a, ]\nx: [[1]]\n---\nText.", PATH)
    assert parsed.text == "Text."
    assert parsed.metadata == {"author.name": "Ann", "author.year": 1990, "tags": ["a"]}


def test_values_are_taken_as_written() -> None:
    front = "---\nzip: 01234\ntime: 12:30\ncountry: NO\nno: 5\nshare: 0.5\ndone: true\n---\nx"
    expected = {"zip": "01234", "time": "12:30", "country": "NO", "no": 5, "share": 0.5}
    assert parse(front, PATH).metadata == expected | {"done": True}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(
            (same, same)
            for same in ("1.10", "1234e56", "12e4567", "12345678901234567890", "9" * 5000)
        ),
        *((same, same) for same in ("10.50", "0x12345678901234567890", f"0x{'Ff' * 64}")),
        *((same, same) for same in ("+49", "-0", "1e3", ".5", "5.")),
        *(("1.0", 1.0), ("-5", -5), ("0x10", 16), ("1e+20", 1e20), ("9007199254740992", 2**53)),
        (r'"\uD83D\uDE00 Hi"', "😀 Hi"),
    ],
)
def test_a_number_is_one_that_says_what_was_written(written: str, value: object) -> None:
    found = parse(f"---\nx: {written}\nlist: [{written}]\n? {written}\n: y\n---\nx", PATH).metadata
    assert found == {"x": value, "list": [value], str(value): "y"}
    assert [type(found["x"]), type(found["list"])] == [type(value), list]


def test_toml_front_matter() -> None:
    front = (
        '+++\r\ntitle = "Ann\\u0027s"\r\nversion = 1.10\nshare = 0.5\nno = 5\ndone = true\n'
        'day = 2024-05-01\nat = 07:30:00\ntags = ["a", 1]\n[author]\nname = "Ann"\n+++\n'
    )
    parsed = parse(f"{front}# Leave\n", PATH)
    assert parsed.text == "Leave"
    assert parsed.metadata == {
        "title": "Ann's",
        "version": "1.10",
        "share": 0.5,
        "no": 5,
        "done": True,
        "day": "2024-05-01",
        "at": "07:30:00",
        "tags": ["a", 1],
        "author.name": "Ann",
    }
    assert parse("+++\nno end", PATH).metadata == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("+++\n\nSome prose.\n\n+++\n\nMore.", "Some prose.\n\nMore."),
        ("+++\nAn intro.\n+++\nbody", "An intro. body"),
        ("+++\r\n\r\nWe set\r\n\r\nx = it\r\n\r\n+++\r\n\r\nb", "We set\n\nx = it\n\nb"),
        (f"+++\n\nx = 5\n\n{'y' * 70_000}\n\n+++\n\nb", f"x = 5\n\n{'y' * 70_000}\n\nb"),
    ],
    ids=lambda text: text[:30],
)
def test_lines_of_plus_signs_in_a_text_are_no_front_matter(source: str, words: str) -> None:
    parsed = parse(source, PATH)
    assert parsed.metadata == {}
    assert parsed.text == words


def test_whole_numbers_of_toml_that_json_can_t_hold_are_texts() -> None:
    front = "id = 12345678901234567890\nids = [-12345678901234567890, 5]\na.b = 9007199254740993"
    assert parse(f"+++\n{front}\n+++\nx", PATH).metadata == {
        "id": "12345678901234567890",
        "ids": ["-12345678901234567890", 5],
        "a.b": "9007199254740993",
    }
    assert parse("+++\n\nno = 5\n+++\nx", PATH).metadata == {"no": 5}


@pytest.mark.parametrize(
    "front",
    ["a = [1", "x = nan", "x = inf", f"x = {'9' * 5000}", f'x = "{"y" * 70_000}"'],
    ids=lambda front: front[:20],
)
def test_bad_toml_is_refused_by_name(front: str) -> None:
    with pytest.raises(IngestError, match=r"^handbook/leave\.md:.*front matter"):
        parse(f"+++\n{front}\n+++\n\ntext\n", PATH)


def test_a_rule_before_a_text_is_no_front_matter() -> None:
    parsed = parse("---\n\n# Welcome\n\nOur hours: 9 to 5\n\n---\n\nMore text", PATH)
    assert parsed.metadata == {}
    assert parsed.text == "Welcome\n\nOur hours: 9 to 5\n\nMore text"
    assert parse("---\n\ntitle: My page\n---\n\nBody", PATH).metadata == {"title": "My page"}
    assert parse("---\n\nNote: A & B: open.\n\n---\n\nBody", PATH).metadata == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<table>\n<tr><th>City</th><th>Limit</th></tr>\n<tr><td>Lyon</td><td>£95</td></tr>\n"
            "</table>\n\nAfter it.",
            "City: Lyon | Limit: £95\n\nAfter it.",
        ),
        (
            "<table><caption>Limits</caption><tr><td>Leeds</td><td>£120</td></tr>"
            "<tr><td>Lyon</td><td>£95</td></tr></table>",
            "Limits\n\nLeeds | £120\n\nLyon | £95",
        ),
        ("A mass of 2 × 10<sup>30</sup> kg, 10<sup>-6</sup> m<sup>2</sup>, the 1<sup>st</sup>.",
         "A mass of 2 × 10³⁰ kg, 10⁻⁶ m², the 1st."),
        ("1969. It was founded.\n\n1984. A factory opened.",
         "1969. It was founded.\n\n1984. A factory opened."),
        ("1. Leave your desk.\n2. Walk to it.\n   - go on\n3. Report.",
         "1. Leave your desk.\n\n2. Walk to it.\n\ngo on\n\n3. Report."),
        ("<table><tr><td>a", "a"),
        ("<table><tr><th>Plan</th><th>Fee</th></tr><tr><td>Basic</td><td>$5</td><td>now</td></tr>"
         "</table>", "Basic | $5 | now"),
        ("<table><tr><th>Day</th><th>Time</th></tr><tr><td rowspan=2>Monday</td><td>9</td></tr>"
         "<tr><td>10</td></tr></table>", "Day | Time\n\nMonday | 9\n\n10"),
        ("<table><tr><td><p>Dear Ann, we are closed.</p><p>Call us.</p></td></tr></table>",
         "Dear Ann, we are closed.\n\nCall us."),
        ("1. - a\n   - b\n2. c", "1. a\n\nb\n\n2. c"),
        ("1. ```\n   x\n   ```\n\nAfter it.", "x\n\nAfter it."),
    ],
)  # fmt: skip
def test_what_the_page_shows_is_kept(text: str, expected: str) -> None:
    assert parse(text, PATH).text == expected


def test_html_headings_are_headings_and_code_is_none() -> None:
    text = '<h1 align="center">\n <img src="l.png"> Acme\n</h1>\n\nIt does.\n\n## License\n\nMIT'
    parsed = parse(text, PATH)
    assert parsed.title == "Acme"
    assert [block.heading for block in parsed.blocks] == [1, 0, 2, 0]
    assert parse("<pre>\n# as root\napt install\n</pre>\n\n# Use\n\nRun.", PATH).title == "Use"


# Written in decimal it would be refused as YAML; read, it can't be written as JSON.
HUGE = "x: 0x" + "f" * 6000


@pytest.mark.parametrize(
    "front",
    [
        *(
            "a: [1",
            "date: 2024-13-45",
            "x: .nan",
            "x: [.inf]",
            'x: !!int ""',
            "x: !!bool maybe",
        ),
        *("a: &a [1]\nb: *a", "? [a, b]\n: 1", f"? {HUGE[3:]}\n: 1", f"x: {'y' * 70_000}"),
        *(r'title: "\uD83D Hi"', r'"\uDE00": Hi', r'x: ["\uDE00\uD83D"]'),
        *("x: !!timestamp soon", 'title: "\\e[31mred"', HUGE, f"x: [1, {HUGE[3:]}]"),
    ],
    ids=lambda front: front[:20],
)
def test_bad_front_matter_is_refused_by_name(front: str) -> None:
    with pytest.raises(IngestError, match=r"^handbook/leave\.md:.*front matter"):
        parse(f"---\n{front}\n---\n\ntext\n", PATH)
