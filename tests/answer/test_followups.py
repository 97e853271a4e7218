import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.answer.antecedents import Turn
from qa.answer.followups import resolve
from qa.answer.pipeline import Options, Pipeline
from tests.dialogues import answered, dialogues, resolved

WHO = Turn("Who is an academician of the Chinese Academy of Engineering?", "Zheng Weimin")


@pytest.mark.parametrize(
    ("turn", "question", "expected"),
    [
        (WHO, "What did he emphasise?", "What did Zheng Weimin emphasise?"),
        (WHO, "And what is his title?", "What is Zheng Weimin's title?"),
        (Turn("What did UCloud launch?", "the Platform"), "Who uses it?", "Who uses the Platform?"),
        (Turn("When was Fudan founded?", "1905"), "Where is it?", "Where is Fudan?"),
        (Turn("When was Fudan founded?", "1905"), "Where?", "Where was Fudan founded?"),
        (Turn("When was Fudan founded?", None), "And UCloud?", "When was UCloud founded?"),
        (
            Turn("What are foundation models?", None),
            "What are they for?",
            "What are foundation models for?",
        ),
        (
            Turn("Where was the conference held?", "Wujiaochang"),
            "Who spoke there?",
            "Who spoke in Wujiaochang?",
        ),
        (Turn("Who cut the ribbon?", "Ana Raman"), "Who is that?", "Who is Ana Raman?"),
        (Turn("Who leads the WHO?", None), "Where is it based?", "Where is the WHO based?"),
        (
            Turn("What is UCloud?", None),
            "Where are its offices and who owns them?",
            "Where are UCloud's offices and who owns them?",
        ),
        (
            Turn("When was Fudan founded?", "1905"),
            "What was published after it opened?",
            "What was published after Fudan opened?",
        ),
        (
            Turn("Which platform did Fudan build?", "CFFF"),
            "What does that platform offer?",
            "What does CFFF offer?",
        ),
        (Turn("Who is the CEO of Apple?", "Tim Cook"), "When was it founded?",
         "When was Apple founded?"),
        (Turn("Who is the author of Dune?", "Frank Herbert"), "When was it published?",
         "When was Dune published?"),
        (Turn("What is the refund policy?", "Refunds are given within 30 days"),
         "How long does it take?", "How long does the refund policy take?"),
        (Turn("Why did Einstein leave Germany?", "the Nazis came to power"),
         "When did he leave it?", "When did Einstein leave Germany?"),
        (Turn("How many students does Harvard have?", "20,000"), "Where do they live?",
         "Where do the students live?"),
        (Turn("When was the treaty signed?", "July 4, 1776"), "Where did they sign it?",
         "Where did they sign the treaty?"),
        (Turn("How many moons does Mars have?", "two"), "What are their names?",
         "What are the moons' names?"),
        (Turn("How many vacation days do I get?", "25"), "Can I carry them over?",
         "Can I carry the vacation days over?"),
        (Turn("What is the capital of France?", "Paris"), "How big is that city?",
         "How big is Paris?"),
        (Turn("When was Fudan University founded?", "1905"), "Where is that university?",
         "Where is Fudan University?"),
        (Turn("Which hotel is near?", "Hotel Adlon"), "Does this hotel have parking?",
         "Does Hotel Adlon have parking?"),
        (Turn("Which form do I need?", "Form W-4"), "Can this form be submitted online?",
         "Can Form W-4 be submitted online?"),
        (Turn("Which film won?", "Schindler's List"), "When was it released?",
         "When was Schindler's List released?"),
        (Turn("Which song won?", "Let It Be"), "Who wrote it?", "Who wrote Let It Be?"),
        (Turn("Which account do I need?", "a fixed deposit account"), "How do I open it?",
         "How do I open a fixed deposit account?"),
        (Turn("Where do Vikings come from?", "Norway"), "What did they eat?",
         "What did Vikings eat?"),
        (Turn("Which versions run?", "3.11 and 3.12"), "When were they released?",
         "When were 3.11 and 3.12 released?"),
        (Turn("Where was Einstein born?", "Ulm"), "How big is that city?", "How big is Ulm?"),
        (Turn("Who was the architect of St Paul's Cathedral?", "Wren"), "When was it built?",
         "When was St Paul's Cathedral built?"),
        (Turn("What treaty ended the war?", "the Edict of Nantes"), "What did this agreement do?",
         "What did the Edict of Nantes do?"),
        (Turn("When was Fudan University founded?", "1905"), "Why is that important?",
         "Why is Fudan University important?"),
        (Turn("How many children did Ann Lee have?", "two"), "What are their ages?",
         "What are the children's ages?"),
        (Turn("How many children live in Oslo?", "Nine thousand"), "Where do they play?",
         "Where do the children play?"),
        (Turn("In how many cities does Acme work?", "seven"), "Where are they?",
         "Where are the cities?"),
        (Turn("How many days of leave do I get?", "thirty"), "Can I sell them?",
         "Can I sell the days?"),
        (Turn("How many students does Harvard have?", "20,000"), "Where do those students live?",
         "Where do the students live?"),
        (Turn("Where is Wittenberg?", "Germany"), "Who came from there?",
         "Who came from Germany?"),
    ],
)  # fmt: skip
def test_references_are_resolved(turn: Turn, question: str, expected: str) -> None:
    assert resolve(question, [turn]) == expected


@pytest.mark.parametrize(
    ("turns", "question", "expected"),
    [
        ([("Who is the Party secretary of Yangpu?", "Xue Kan"), ("Where is Yangpu?", "Shanghai")],
         "What did he emphasise?", "What did Xue Kan emphasise?"),
        ([("Who founded Microsoft?", "Bill Gates"), ("When was it founded?", "1975")],
         "Where was he born?", "Where was Bill Gates born?"),
        ([("Who founded Microsoft?", "Bill Gates"), ("What did Microsoft sell in 1985?", "DOS")],
         "When did he step down?", "When did Bill Gates step down?"),
        ([("Who is the CEO of Apple?", "Tim Cook"), ("Where is Apple based?", "Cupertino")],
         "Is he married?", "Is Tim Cook married?"),
        ([("Who runs payroll?", "Ann Lee"), ("Is Monday a holiday in Ohio?", "no")],
         "When does she retire?", "When does Ann Lee retire?"),
        ([("Who leads Finance?", "Maria Diaz"), ("What does Finance do?", "bookkeeping")],
         "When did she join?", "When did Maria Diaz join?"),
        ([("Who is the mayor of New York?", "Eric Adams"), ("Where is New York?", "upstate")],
         "Is he married?", "Is Eric Adams married?"),
        ([("Who is the CEO of Adobe?", "Shantanu Narayen"),
          ("When was Adobe Photoshop released?", "1990")],
         "Is he married?", "Is Shantanu Narayen married?"),
        ([("Who won the race?", "Kipchoge"), ("Where was the race held?", "Berlin")],
         "How old is he?", "How old is Kipchoge?"),
        ([("Who leads OpenAI?", "Sam Altman"), ("Who developed GPT-4?", "OpenAI")],
         "Where did he study?", "Where did Sam Altman study?"),
        ([("Who wrote Hamlet?", "William Shakespeare"), ("Where was Hamlet set?", "Denmark")],
         "When did he write it?", "When did William Shakespeare write Hamlet?"),
        ([("What did president Obama sign?", "an act"), ("Where is Hawaii?", "the Pacific")],
         "Where was he born?", "Where was Obama born?"),
        ([("Which physicist won in 1921?", "Einstein"), ("Where is Ulm?", "Germany")],
         "When did he leave it?", "When did Einstein leave Ulm?"),
        ([("Who is the CEO of Goldman Sachs?", "David Solomon"),
          ("Where is Goldman Sachs based?", "New York")],
         "How old is he?", "How old is David Solomon?"),
        ([("Who is Apple's CEO?", "Tim Cook"), ("What did Apple launch?", "Vision Pro")],
         "Is he married?", "Is Tim Cook married?"),
        ([("Who is the owner of Rosso?", "Luca Conti"), ("When does Rosso open?", "6 pm")],
         "Does he cook?", "Does Luca Conti cook?"),
        ([("Which nurse is on duty?", "Rosa"), ("Where is Ward B?", "level 2")],
         "When does she leave?", "When does Rosa leave?"),
        ([("What is the mayor's name?", "Ann Lee"), ("Where is Kiel?", "north")],
         "When was she elected?", "When was Ann Lee elected?"),
        ([("Who founded Ford?", "Henry Ford"), ("Where is Ford based?", "Dearborn")],
         "When did he die?", "When did Henry Ford die?"),
        # A lone name that is used as a person's is one's.
        ([("Who discovered gravity?", "Isaac Newton"), ("When was Einstein born?", "1879")],
         "Where did he die?", "Where did Einstein die?"),
        ([("Who was Martin Luther's opponent?", "Johann Eck"), ("What did Luther write?", "95")],
         "When did he die?", "When did Luther die?"),
        ([("Who shot Lincoln?", "Booth"), ("When was Lincoln born?", "1809")],
         "Where did he die?", "Where did Lincoln die?"),
        # Who is asked about, if not as places and companies are.
        ([("Where was Napoleon exiled?", "Elba")], "When did he die?", "When did Napoleon die?"),
        ([("Where was Nelson defeated?", "Tenerife")], "When did he die there?",
         "When did Nelson die in Tenerife?"),
        ([("Where is Anna from?", "Berlin")], "Is she married?", "Is Anna married?"),
        ([("Where is Anna now?", "at lunch")], "When does she come back?",
         "When does Anna come back?"),
        ([("Where is Anna?", "at lunch")], "When does she come back?",
         "When does Anna come back?"),
        ([("What is the height of Napoleon?", "1.69 m")], "When did he die?",
         "When did Napoleon die?"),
        ([("What is the theory of Darwin?", "evolution")], "When did he die?",
         "When did Darwin die?"),
        ([("Is there a photo of Anna?", "yes")], "How old is she?", "How old is Anna?"),
        ([("What made Hegel famous?", "dialectics")], "When did he die?", "When did Hegel die?"),
        ([("What happened to Napoleon?", "exile")], "When did he die?", "When did Napoleon die?"),
        ([("What is Napoleon's height?", "1.69 m")], "When did he die?",
         "When did Napoleon die?"),
        ([("What was the first novel of Tolstoy?", "Childhood")], "When did he write it?",
         "When did Tolstoy write Childhood?"),
        ([("What was the last novel of Tolstoy?", "Anna Karenina")], "When did he write it?",
         "When did Tolstoy write Anna Karenina?"),
        # "Which" with a person's noun, or one that is unknown.
        ([("Which architect built the Reichstag?", "Paul Wallot")], "When did he die?",
         "When did Paul Wallot die?"),
        ([("By which architect was Casa Mila built?", "Gaudi")], "When did he die?",
         "When did Gaudi die?"),
        ([("Which journalist broke the story?", "Carl Bernstein")], "How old is he?",
         "How old is Carl Bernstein?"),
        ([("Which pilot flew the plane?", "Amelia Earhart")], "When did she vanish?",
         "When did Amelia Earhart vanish?"),
        ([("Which ballerina danced Giselle?", "Anna Pavlova")], "When did she die?",
         "When did Anna Pavlova die?"),
        ([("Which of the architects won?", "Zaha Hadid")], "When did she die?",
         "When did Zaha Hadid die?"),
        ([("Who is the CEO of Adobe?", "Shantanu Narayen"), ("What made Adobe big?", "PDF")],
         "Is he married?", "Is Shantanu Narayen married?"),
        # Either may be meant.
        ([("Who discovered gravity?", "Isaac Newton"), ("What did Einstein discover?", "light")],
         "When did he die?", None),
        ([("Who leads payroll?", "Bob Hu"), ("When does Ann retire?", "2030")],
         "Where does she live?", None),
        # Nobody was spoken of.
        ([("Where is Apple based?", "Cupertino"), ("When was it founded?", "1976")],
         "Is he married?", None),
        ([("How big is Denver?", "150 sq mi")], "Where does he live?", None),
        ([("Does Tesla make trucks?", "yes")], "Is he rich?", None),
        ([("Where is Yangpu?", "Shanghai")], "Is he rich?", None),
        ([("Where is Apple located?", "at the bay")], "Is he rich?", None),
        ([("What is the population of Berlin?", None)], "Is he rich?", None),
        ([("Which city hosted it?", "Monte Carlo")], "Is he rich?", None),
        ([("When was Denver founded?", "1858")], "Where does he live?", None),
        ([("Who is the mayor of San Antonio?", None)], "Where does he live?", None),
        ([("What is the capital of France?", "Paris")], "Who was he?", None),
        ([("Who founded Google?", "Larry Page and Sergey Brin")], "Where did he study?", None),
    ],
)  # fmt: skip
def test_a_person_is_who_is_known_to_be_one(
    turns: list[tuple[str, str | None]], question: str, expected: str | None
) -> None:
    assert resolve(question, [Turn(*turn) for turn in turns]) == expected


@pytest.mark.parametrize(
    ("before", "fragment", "expected"),
    [
        ("What is the population of Berlin?", "And Kiel?", "What is the population of Kiel?"),
        ("What is Berlin's population?", "What about Kiel?", "What is Kiel's population?"),
        ("Who is the wife of Jack Ma?", "And Bill Gates?", "Who is the wife of Bill Gates?"),
        ("When was the University of Oxford founded?", "And MIT?", "When was MIT founded?"),
        ("How much annual leave do I get?", "And sick pay?", "How much sick pay do I get?"),
        ("Is sick leave paid?", "What about parental leave?", "Is parental leave paid?"),
        (
            "How many days of annual leave do employees get?",
            "What about managers?",
            "How many days of annual leave do managers get?",
        ),
        (
            "What is the deadline for refunds?",
            "And exchanges?",
            "What is the deadline for exchanges?",
        ),
        ("What is the deadline for refunds?", "And the fee?", "What is the fee for refunds?"),
        ("When do clerks get the bonus?", "And the car?", "When do clerks get the car?"),
        ("How do I reset my password?", "And my name?", "How do I reset my name?"),
        ("Who is the CEO of Apple?", "And Microsoft?", "Who is the CEO of Microsoft?"),
        ("What is the population of Berlin?", "And the area?", "What is the area of Berlin?"),
        ("What is Berlin's population?", "And the area?", "What is Berlin's area?"),
        ("How expensive is parking?", "And camping?", "How expensive is camping?"),
        ("Is parking free?", "And breakfast?", "Is breakfast free?"),
        ("What does insurance cover?", "And sick pay?", "What does sick pay cover?"),
        ("When is it open on Saturday?", "And Sunday?", "When is it open on Sunday?"),
        ("What are the fees in 2023?", "And 2024?", "What are the fees in 2024?"),
        ("Does it run on weekdays?", "And Sunday?", "Does it run on Sunday?"),
        ("What was sold in March 2020?", "And April 2020?", "What was sold in April 2020?"),
        ("What is the price of the Peugeot 2008?", "And the Peugeot 3008?",
         "What is the price of the Peugeot 3008?"),
        ("What does error 5001 mean?", "And error 5002?", "What does error 5002 mean?"),
        ("Who wrote Black Sunday?", "And Bloody Sunday?", "Who wrote Bloody Sunday?"),
        ("Who wrote Brave New World?", "And 1984?", "Who wrote 1984?"),
        ("What time is check-in?", "And check-out?", "What time is check-out?"),
        ("What time is breakfast served?", "And dinner?", "What time is dinner served?"),
        ("Are dogs allowed in the hotel?", "And cats?", "Are cats allowed in the hotel?"),
        ("Which buses go to the airport?", "And trams?", "Which trams go to the airport?"),
        ("What was the revenue in 2023?", "And profit?", "What was profit in 2023?"),
        ("How long does shipping take?", "And internationally?",
         "How long does shipping take internationally?"),
        ("Can I renew it by post?", "Or online?", "Can I renew it by post online?"),
        ("What is the capital of France?", "And Italy?", "What is the capital of Italy?"),
        ("What was sold in June?", "And July?", "What was sold in July?"),
        ("When does it open?", "What about weekends?", "When does it open weekends?"),
        ("Who is the CEO of Apple?", "And the CTO?", "Who is the CTO of Apple?"),
        ("Who is Apple's CEO?", "And the CFO?", "Who is Apple's CFO?"),
        ("What is the population of Germany?", "And the GDP?", "What is the GDP of Germany?"),
        ("What is the population of Germany?", "And the UK?", "What is the population of the UK?"),
        ("What is the population of Peru?", "And the Vatican?",
         "What is the population of the Vatican?"),
        ("What is Germany's GDP?", "And France?", "What is France's GDP?"),
        ("What is Germany's GDP?", "And the HDI?", "What is Germany's HDI?"),
        ("Who is the head of Sales?", "And the mayor?", "Who is the mayor of Sales?"),
        ("Who is the head of Sales?", "And the HR manager?", "Who is the HR manager?"),
        ("Who is the president of France?", "And the US president?", "Who is the US president?"),
        ("Who is the mayor of Berlin?", "And the mayor of Kiel?", "Who is the mayor of Kiel?"),
        ("What is the budget of Sales?", "And the IT department?",
         "What is the budget of the IT department?"),
        ("What is the price of the iPhone?", "And the iPad?", "What is the price of the iPad?"),
        ("What is the price of the basic plan?", "And the premium plan?",
         "What is the price of the premium plan?"),
        ("What is the title of the book?", "And the author?", "What is the author of the book?"),
        ("What is the salary of the CEO?", "And the CTO?", "What is the salary of the CTO?"),
        ("What is the role of the CEO?", "And the CMO?", "What is the role of the CMO?"),
        ("What is the phone number of the dean?", "And the secretary?",
         "What is the phone number of the secretary?"),
        ("What is the salary of the CEO of Apple?", "And the CTO?",
         "What is the salary of the CTO of Apple?"),
        ("Who is the wife of the president?", "And the king?", "Who is the wife of the king?"),
        ("What is the price of the GPU?", "And the CPU?", "What is the price of the CPU?"),
        ("What is the GDP of the EU?", "And the HDI?", "What is the HDI of the EU?"),
        ("Who is the head of state of Spain?", "And the head of government?",
         "Who is the head of government of Spain?"),
        ("What is the date of birth of Anna Berg?", "And the place of birth?",
         "What is the place of birth of Anna Berg?"),
        ("Who is the minister of finance of France?", "And the minister of defence?",
         "Who is the minister of defence of France?"),
        ("What is the salary of the CEO of Apple?", "And the role of the CTO?",
         "What is the role of the CTO of Apple?"),
        ("What is the date of the battle of Hastings?", "And the battle of Waterloo?",
         "What is the date of the battle of Waterloo?"),
        ("What is the deadline for the VAT return?", "And the CIT return?",
         "What is the deadline for the CIT return?"),
        ("Who won the World Cup in 1998?", "And the Super Bowl?",
         "Who won the Super Bowl in 1998?"),
    ],
)  # fmt: skip
def test_what_is_new_takes_the_place_of_its_like(before: str, fragment: str, expected: str) -> None:
    assert resolve(fragment, [Turn(before)]) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What did UCloud launch?",
        "When did Xue Kan publish his findings?",
        "Who published his findings first?",
        "Which district celebrates its anniversary?",
        "Did the district say that it will grow?",
        "Who said that objects fall?",
        "How long does it take to build a platform?",
        "What is it called when people rebel?",
        "Are there models in Yangpu?",
        "What do the people who work there like about their jobs?",
        "Which companies offer IT services?",
        "What does HE stand for?",
        "Who directed Them?",
        "How does photosynthesis work and where does it occur?",
        "Does water expand when it freezes?",
        "What is gravity and how does it work?",
        "What time is it in Shanghai?",
        "Is it true that Einstein failed maths?",
        "Was it Newton who discovered gravity?",
        "Is it raining?",
        "Has it rained in Rome?",
        "Does it matter if I am late?",
        "Is it worth buying a ticket?",
        "Is it worth buying a pass?",
        "Is it true the bridge is closed?",
        "When did it become legal to smoke in Oregon?",
        "Did Apple say it would build a car?",
        "Can I return shoes if they don't fit?",
        "If I buy tickets, can I return them?",
        "How can I exchange an item without opening it?",
        "How do I cancel my order or change it?",
        "When did the prime minister announce her resignation?",
        "What should the employee do if he is sick?",
        "Can a tenant sublet his flat?",
        "And what happens next?",
        "And name the mayor of Shanghai.",
        "When did Marie Curie win her first Nobel Prize?",
        "If I lose my badge, who replaces it?",
        "If an employee dies, who gets his pension?",
        "Which animals eat their young?",
        "Are visitors allowed to park their cars?",
        "So I need the phone number of the office",
        "And please tell me the opening hours.",
        "What is this document about?",
        "Which form do I need this year?",
        "Is this correct?",
        "上海的市花是什么?",
        "it's",
        "?",
    ],
)
def test_a_question_that_stands_alone_is_not_altered(question: str) -> None:
    assert resolve(question, [Turn("Hello?", None)]) is None
    if "there like" not in question:
        assert resolve(question, [WHO]) is None


@pytest.mark.parametrize(
    "question",
    [
        "Does that include tax?",
        "Does that cover dental care?",
        "How does this compare to others?",
        "Are those prices final?",
        "And now?",
        "And if that fails?",
    ],
)
def test_a_reference_to_what_was_not_named_is_left_alone(question: str) -> None:
    assert resolve(question, [Turn("When was Fudan University founded?", "1905")]) is None
    assert resolve(question, [Turn("How do I request leave?", "Use the HR portal")]) is None


@pytest.mark.parametrize(
    ("before", "fragment"),
    [
        ("Who won the World Cup in 1998?", "And France?"),
        ("Who hosted the Olympics in 2008?", "And London?"),
        ("Who won the 2016 election?", "And the vice president?"),
    ],
)
def test_what_is_new_takes_no_place_of_another_kind(before: str, fragment: str) -> None:
    assert resolve(fragment, [Turn(before, "France")]) is None


def test_a_long_answer_is_not_carried_along() -> None:
    history = [Turn("Who built the harbour?", "in a of " * 10_000), Turn("Where?", "Kiel")]
    assert len(resolve("And Bremen?", history) or "") < 1000


def test_earlier_follow_ups_are_resolved_on_the_way() -> None:
    history = [WHO, Turn("What did he emphasise?", "China's need"), Turn("Why?", None)]
    assert resolve("When did he say so?", history) == "When did Zheng Weimin say so?"
    assert resolve("When did he say so?", []) is None


@pytest.mark.parametrize("glued", ["What is that_thing?", "Who paid this$5?"])
def test_a_pointing_word_glued_to_the_next_is_no_error(glued: str) -> None:
    resolve(glued, [WHO])
    assert resolve("Where is Shanghai?", [WHO, Turn(glued, None)]) is None


@given(st.text(max_size=80), st.lists(st.tuples(st.text(max_size=60), st.text(max_size=40))))
def test_any_text_is_taken(question: str, history: list[tuple[str, str]]) -> None:
    resolve(question, [Turn(q, a or None) for q, a in history])


VOCABULARY = """
who what when did does is he his it its they that this there the a of Xue Kan UCloud
district models launched say, in 2023 and about
"""
WORDS = st.lists(st.sampled_from(VOCABULARY.split()), max_size=10).map(" ".join)


@given(WORDS, WORDS, WORDS)
def test_every_word_comes_from_what_was_said(question: str, before: str, answer: str) -> None:
    said = resolve(question, [Turn(before, answer or None)])
    if said is not None:
        strip = str.maketrans("", "", string.punctuation)
        known = f"{question} {before} {answer} in the".translate(strip).lower().split()
        known += [f"{word}s" for word in known]
        assert set(said.translate(strip).lower().split()) <= set(known)


def test_dialogues_are_resolved() -> None:
    outcomes = [(d.id, *o) for d in dialogues() for o in resolved(d)]
    for id, turn, said, right in outcomes:
        if not right:
            print(f"{id}: {turn.question!r} -> {said!r}")
    assert len(dialogues()) >= 40
    assert sum(right for *_, right in outcomes) / len(outcomes) >= 0.9
    alone = [right for _, turn, _, right in outcomes if not turn.needs]
    assert all(alone)


def test_history_is_worth_something_on_the_article(pipeline: Pipeline) -> None:
    talks = [d for d in dialogues() if d.document == "yangpu-ai-hub"]
    without = [r for d in talks for r in answered(pipeline, d, remember=False)]
    with_history = [r for d in talks for r in answered(pipeline, d, remember=True)]
    assert sum(with_history) > sum(without) + 2


def test_the_reply_says_how_the_question_was_read(pipeline: Pipeline) -> None:
    question = "What did he emphasise?"
    reply = pipeline.ask(question, Options(history=[WHO]))
    assert reply.question == question
    assert reply.rewritten == "What did Zheng Weimin emphasise?"
    assert pipeline.ask(question).rewritten is None


def test_a_question_is_not_rewritten_into_one_that_would_be_refused(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "What did he emphasise?"
    short = pipeline._settings.model_copy(
        update={"server": pipeline._settings.server.model_copy(update={"max_question_chars": 25})}
    )
    monkeypatch.setattr(pipeline, "_settings", short)
    assert pipeline.ask(question, Options(history=[WHO])).rewritten is None
