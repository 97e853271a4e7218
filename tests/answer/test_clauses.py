"""Definitions, reasons and lists come back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.clauses import Asked, asked_for, complete, says_nothing


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What are foundation models?", "definition"),
        ("what is a glacier", "definition"),
        ("What does the term karst mean?", "definition"),
        ("Define osmosis.", "definition"),
        ("Why was the bridge closed?", "reason"),
        ("What was the main reason for the delay?", "reason"),
        ("Which four emerging fields will the district focus on?", "list"),
        ("What are the official languages of Switzerland?", "list"),
        ("What functions does the model provide?", "list"),
        ("Name the founders of the company.", "list"),
        ("What does NATO stand for?", "letters"),
        ("Who is the mayor?", None),
        ("What is the capital of France?", None),
        ("What does the factory make?", None),
        ("What is unusual about the road?", None),
        ("Which products and services does it offer?", "list"),
        ("Which cities in Peru have an airport?", "list"),
        ("Name three rivers.", "list"),
        ("Name the people who signed it.", "list"),
        ("Name the company's founders.", "list"),
        ("Name the president's wife.", None),
        ("Which films directed by Nolan have won?", "list"),
        ("Name the capital of France.", None),
        ("What does the plan consist of?", "list"),
        ("What does the fee include?", "list"),
        ("Which sports team did he join?", None),
        ("Which gas do plants release?", None),
        ("Which Los Angeles team did he join?", None),
        ("Besides Zurich, which cities have a lake?", None),
        ("", None),
    ],
)
def test_the_form_of_a_question_says_what_it_wants(question: str, asked: str | None) -> None:
    assert asked_for(question) == asked


@pytest.mark.parametrize(
    ("question", "sentence", "found", "whole"),
    [
        (
            "What are glaciers?",
            "Glaciers are a class of slow rivers of ice that form where snow outlasts summer.",
            "rivers of ice",
            "a class of slow rivers of ice that form where snow outlasts summer",
        ),
        (
            "Why was the bridge closed?",
            "The bridge was closed because of high winds from the sea, the mayor said.",
            "high winds",
            "because of high winds from the sea",
        ),
        (
            "Why did it move?",
            "It moved because of its new site in Porto, they say.",
            "new site",
            "because of its new site in Porto",
        ),
        (
            "Which four fields are there?",
            "It works in four fields -- health, energy and water, as well as trade -- in Asia.",
            "energy and water",
            "health, energy and water, as well as trade",
        ),
        (
            "Which cities have a port?",
            "The cities with a port include Riga, Bremen and Porto.",
            "Bremen",
            "Riga, Bremen and Porto",
        ),
        (
            "Which cities have a port?",
            "Riga, which is old, has a port, the guide says.",
            "Riga",
            "Riga",
        ),
        ("Which two cities?", "It links Moscow and St. Petersburg.", "Moscow",
         "Moscow and St. Petersburg"),
        ("Which countries have signed?", "It binds Canada and the U.S.", "Canada",
         "Canada and the U.S."),
        ("Which authors were invited?", "It invited Stephen King and J. K. Rowling.",
         "Stephen King", "Stephen King and J. K. Rowling"),
        ("Which fields does it cover?", "It covers applied physics and advanced materials.",
         "applied physics", "applied physics and advanced materials"),
        ("What products does it sell?", "It sells cars and employs 500 people.", "cars", "cars"),
        ("What products does it sell?", "It sells cars and vans, and employs 500 people.", "cars",
         "cars and vans"),
        ("Which languages does Anna speak?", "She speaks French and lives in Lyon.", "French",
         "French"),
        ("Which cities does it link?", "It links Paris and Lyon and carries 2 million people.",
         "Paris", "Paris and Lyon"),
        ("Which animals are kept?", "Lions and zebras are kept.", "Lions", "Lions and zebras"),
        ("Which subjects are taught?", "They teach English, Latin and physics.", "English",
         "English, Latin and physics"),
        ("Which countries does it cover?", "It covers France and parts of Germany.", "France",
         "France and parts of Germany"),
        ("Which documents must I bring?", "Bring a passport and two recent photographs.",
         "a passport", "a passport and two recent photographs"),
        ("Who were the founders?", "It was founded by Larry Page and his friend Sergey Brin.",
         "Larry Page", "Larry Page and his friend Sergey Brin"),
        ("Which languages are spoken?", "They speak French and German and English.", "French",
         "French and German and English"),
        ("What is a ferry?", "A ferry is a boat on which cars and passengers are carried.",
         "a boat", "a boat on which cars and passengers are carried"),
        ("What is a leap year?", "A leap year is a year with 366 days instead of 365.",
         "a year with 366 days", "a year with 366 days instead of 365"),
        ("What does PTO stand for?", "PTO days (paid time off) are few.",
         "PTO days (paid time off)", "paid time off"),
        ("Why did he move?", "He moved to study medicine in Paris.", "study medicine",
         "to study medicine in Paris"),
        ("What drugs are given?", "Doctors give aspirin and patients take it daily.", "aspirin",
         "aspirin"),
        ("Which services does it offer?", "The bank offers loans, cards and savings plans.",
         "cards", "cards and savings plans"),
        ("Which novels did he write?", "Orwell wrote 1984, Burmese Days and Coming Up for Air.",
         "Burmese Days", "Burmese Days and Coming Up for Air"),
        ("What is check-out time?", "Check-out time is 11 a.m. and a late one costs $20.",
         "11 a.m.", "11 a.m."),
        ("What are glaciers?", "Glaciers are rivers of ice and most of them are shrinking.",
         "rivers of ice", "rivers of ice"),
        ("What is a GPU?", "A GPU is a processor that was made for images and is used for models.",
         "a processor", "a processor that was made for images and is used for models"),
        ("Why was it closed?", "It was closed to protect toads, they say.", "protect toads",
         "to protect toads"),
        ("Why did it fall?", "The fall was attributed to heavy rain.", "heavy rain", "heavy rain"),
        ("Why was it changed?", "It was changed in response to protests.", "protests", "protests"),
        ("Why did it move?", "It moved to the north terminal because of fog.", "north terminal",
         "north terminal"),
        ("Which two astronauts landed?", "In July 1969, Neil Armstrong and Buzz Aldrin landed.",
         "Neil Armstrong and Buzz Aldrin", "Neil Armstrong and Buzz Aldrin"),
        ("Which countries have joined?", "However, France, Italy and Germany joined.", "Italy",
         "France, Italy and Germany"),
        ("Who are the people that died?", "Ann Lee, Bob Roy and Cy Day died there.", "Ann Lee",
         "Ann Lee, Bob Roy and Cy Day"),
        ("What are the symptoms?", "They include loss of taste, shortness of breath and fever.",
         "shortness of breath", "loss of taste, shortness of breath and fever"),
        ("What are the benefits?", "These include use of the gym, discounts on travel and a car.",
         "discounts on travel", "use of the gym, discounts on travel and a car"),
        ("What are the fees?", "They are $25 for adults, $15 for children and $10 for dogs.",
         "$15 for children", "$25 for adults, $15 for children and $10 for dogs"),
        ("Which ministries will pay?",
         "It is paid by the Ministry of Health, the Ministry of Finance and the World Bank.",
         "the Ministry of Finance",
         "Ministry of Health, the Ministry of Finance and the World Bank"),
        ("What colors are there?", "It comes in red, blue or green and ships in two days.", "red",
         "red, blue or green"),
        ("Why did she resign?", "Due to ill health, she resigned in May.", "ill health",
         "Due to ill health"),
        ("Why was it cancelled?", "Due to heavy rain the match was cancelled.", "heavy rain",
         "Due to heavy rain"),
        ("What is sick leave?", "Sick leave is time off for illness and must be approved.",
         "time off for illness", "time off for illness"),
        ("What is a passport?", "A passport is a document that shows your name, age and address.",
         "a document", "a document that shows your name, age and address"),
        ("What is a deposit?", "A deposit is money paid in advance, and the tenant gets it back.",
         "money paid", "money paid in advance"),
        ("What is a budget?", "A budget is a plan of what you earn and how much you will spend.",
         "a plan", "a plan of what you earn and how much you will spend"),
        ("What is a tablet?", 'A tablet is a computer with a 10" screen, usually.', "a computer",
         'a computer with a 10" screen'),
        ("What are the bed types?", "There are: Twin bed, Double bed and Queen bed.", "Double bed",
         "Twin bed, Double bed and Queen bed"),
        ("What are the drinks?", "Still water, juice and coffee are served.", "juice",
         "Still water, juice and coffee"),
        ("Which animals does she own?", "She owns cats and dogs and birds in the house.",
         "cats and dogs", "cats and dogs and birds"),
        ("What is osmosis?", 'Osmosis is a process called "net flow, or drift" in water.',
         "a process", 'a process called "net flow, or drift" in water'),
        ("What does PPE stand for?", "It means protective equipment (masks and gloves).",
         "protective equipment (masks and gloves)", "protective equipment"),
        ("What does NATO stand for?", "NATO (North Atlantic Treaty Organization) is old.",
         "NATO (North Atlantic Treaty Organization)", "North Atlantic Treaty Organization"),
        ("What countries did he visit?", "He visited Peru and died in 1990.", "Peru", "Peru"),
        ("What awards did she win?", "She won the Fields Medal and moved away.",
         "the Fields Medal", "the Fields Medal"),
        ("What awards did she win?", "She won prizes and wrote novels.", "prizes", "prizes"),
        ("Which documents will be needed?", "A passport and a visa will be needed at the border.",
         "A passport", "A passport and a visa"),
        ("Which students may leave early?", "Juniors, seniors and guests may leave early.",
         "seniors", "Juniors, seniors and guests"),
        ("Which versions are supported?", "They run on 3.11 and 3.12.", "3.11", "3.11 and 3.12"),
        ("Which prices are valid?", "Prices are 1,200, 3,400 and 5,600 yuan.", "3,400",
         "1,200, 3,400 and 5,600 yuan"),
        ("What is Yangpu?", "Yangpu is a district with 1,240,000 people, on a river.",
         "a district", "a district with 1,240,000 people"),
        ("Why was it closed?", "It was closed due to a fire at 10:30, they say.", "a fire",
         "due to a fire at 10:30"),
        (
            "What does CERN stand for?",
            "The CERN (European Council for Nuclear Research) laboratory is in Geneva.",
            "(European Council for Nuclear Research) laboratory",
            "European Council for Nuclear Research",
        ),
    ],
)  # fmt: skip
def test_a_fragment_grows_to_the_whole(
    question: str, sentence: str, found: str, whole: str
) -> None:
    text = f"Before. {sentence} And after, and then."
    begin, start = text.index(sentence), text.index(found)
    asked = asked_for(question)
    assert asked
    left, right = complete(text, (begin, begin + len(sentence)), start, start + len(found), asked)
    assert text[left:right] == whole


PARTS = st.lists(
    st.sampled_from(
        ["and ", "or ", "as well as ", ", ", "; ", "-- ", "is ", "because ", "(", ") ", "red ",
         "to ", "of the ", "上海", "🚀 ", "e\u0301 ", "Sea ", ". "]
    ),
    min_size=1,
    max_size=30,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "asked", "nothing"),
    [
        ("The programme", "definition", True),
        ("a programme", "definition", False),
        ("The programme of 2022", "definition", False),
        ("the programme", None, False),
        ("It", None, True),
        ("IT", None, False),
        ("they", "list", True),
        ("Italy", None, False),
    ],
)
def test_words_that_only_stand_for_others_say_nothing(
    text: str, asked: Asked | None, nothing: bool
) -> None:
    assert says_nothing(text, asked) == nothing


@given(PARTS, st.sampled_from(["definition", "reason", "list", "letters"]), st.data())
def test_a_span_stays_inside_its_sentence(
    parts: list[str], asked: str, data: st.DataObject
) -> None:
    text = "".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    left, right = complete(text, (0, len(text)), start, end, asked)
    assert 0 <= left < right <= len(text)
    if asked != "letters":
        assert left <= start and end <= right
