import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.index.sentences import sentence_spans
from qa.ingest.blocks import plain_blocks
from qa.types import Block
from tests.hostile import SENTENCES, SIZE

CASES = {
    "series without a full stop": [
        "One of the best known is OpenAI's GPT (Generative Pre-trained Transformer) series",
        "The rapid rise of new-generation AI is profound.",
    ],
    "initials and abbreviations": [
        "Dr. J. R. Smith of Acme Inc. said so.",
        "The U.S. Government agreed at 5 p.m. on Jan. 5.",
        "See Fig. 3 and No. 7.",
        "Police said Ms. Smith was 40.",
        "It runs 9 a.m. to 5 p.m. Monday through Friday, or from 9 a.m. ET.",
        "It is open until 6:00 P.M. Eastern Time, or 4 p.m. Sundays.",
        "The shop opens at 9 a.m.",
        "Central Park opens at 8 a.m.",
        "Sunday hours are different.",
        "Sales rose by 12.",
        "Stock prices fell.",
        "Is it new?",
        "iPhone sales rose.",
        "How many?",
        "2500.",
        "The rest left.",
        "It comes within 24 hrs. of receipt and weighs 5 lbs. or so.",
        "The 1st. and 2nd. prizes are shown in Figs. 3 and 4.",
        "They live in Ft. Worth.",
        "Im 19. Jahrhundert kostete es 5 Mio. Euro.",
        "It opens at 9 a.m.",
        "The shop is big.",
    ],
    "abbreviations before a number or a small letter": [
        "It is approx. 5 m long and costs 3 EUR incl. VAT.",
        "See Vol. 2 and Apt. 3.",
        "The max. load is 5 kg.",
        "Open Mon. and Tue. at 9.",
        "It takes 5 min.",
        "That is all.",
        "Am 3. Mai 2025 beginnt der Umbau.",
    ],
    "names and words that look like abbreviations": [
        "The office is in Oakland, CA.",
        "The city paid ABS.",
        "They trained their abs.",
        "The dog lay in the sun.",
        "20 people sat.",
        "12 of them left with Max.",
    ],
    "abbreviations before what is usual after them": [
        "It is ca. 5 m long, or ca. zwei Ellen, for ca. EUR 50 or approx. €55.",
        "Call Tel. +44 20 1234, ext. 4401, or TEL. 040 12.",
        "§ 5 Abs. 2 says so, PRICE INCL. VAT.",
        "Open Sun. from 9 and Sat. 9 to 5.",
    ],
    "abbreviations before another mark": [
        "Tel.: +49 40 123, Attn.: Mr. Berg, max./min. values.",
        "Open Mon.-Fri. 9 a.m.-5 p.m. and Sat. 9-12.",
    ],
    "a table's row": [
        "Plan: Max | Description: For enterprises. Includes a manager. | Price: $20",
        "Type ls | wc.",
        "Then wait.",
    ],
    "a table's row that says several things": [
        "Question: Can I cancel my booking? | Answer: Yes, you can cancel it up to two days before "
        "arrival.",
        "You get the full price back.",
        "After that we keep half of the price.",
        "Of a booking for more than five rooms we keep all of it, whenever you cancel, as nobody "
        "else is likely to come for them.",
        "Write to the desk.",
        "Somebody is there all day. | Topic: Bookings of rooms.",
    ],
    "numbers of items": [
        "1. Open the lid.",
        "(2.1) Close it.",
        "Step 3. Wait.",
        "§ 4. Rest.",
        "We met at platform B.",
        "It left.",
    ],
    "a point before a word": ["It runs on .NET 8.", "It reads .docx files."],
    "decimals": ["He paid $3.5 million.", "Version 2.0.1 is out."],
    "marks in names and formulas": ["Who Framed Roger Rabbit? grossed a lot.", "(n − 1)! is 6."],
    "a year before what happened": ["1969. It was founded."],
    "speech": ['"It works!" he told us.', "She left."],
    "an open quotation mark": ['A "model," providing functions, such as training.', "Then more."],
    "chinese": ["黄浦江流经上海。", "最后汇入长江!"],
    "spaces that are not ASCII": ["It is plan B\u00a0."],
    "emoji": ["We ate 🍕.", "Then 👩‍👩‍👧 slept."],
}


@pytest.mark.parametrize("sentences", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("separator", [" ", "\n\n", "\r\n\r\n"])
def test_boundaries(sentences: list[str], separator: str) -> None:
    if separator == " " and not all(s[-1] in '.!?"。' for s in sentences):
        pytest.skip("no boundary to be seen without a paragraph break")
    text = separator.join(sentences)
    found = [text[start:end] for start, end in sentence_spans(text, plain_blocks(text))]
    assert found == sentences


@pytest.mark.parametrize(
    "sentences", [["床前明月光。", "/疑是地上霜。", "/举头望明月。"], ["What?!", "-Nothing."]]
)
def test_boundaries_without_a_space(sentences: list[str]) -> None:
    text = "".join(sentences)
    found = [text[start:end] for start, end in sentence_spans(text, plain_blocks(text))]
    assert found == sentences


@given(
    st.text(st.sampled_from("ab. !?\"'“”()\n\r-1。!你é😀\u0301\u200dB\u00a0\u202f\u3000\u2028\x85"))
)
def test_sentences_hold_all_of_the_blocks_but_white_space(text: str) -> None:
    blocks = plain_blocks(text)
    spans = sentence_spans(text, blocks)
    whole = "".join(text[block.start : block.end] for block in blocks)
    assert "".join("".join(text[s:e].split()) for s, e in spans) == "".join(whole.split())
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    assert all(text[s:e] == text[s:e].strip() for s, e in spans)


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_without_end_is_kept_to_its_end(name: str) -> None:
    text = SENTENCES[name](SIZE)
    spans = sentence_spans(text, [Block(0, len(text))])
    assert spans[-1][1] == len(text) - 1
