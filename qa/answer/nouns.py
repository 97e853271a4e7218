"""Nouns for persons and for things, which tell what a name or an answer may be. English only."""

from __future__ import annotations

import regex

from qa.answer.phrases import KINDS
from qa.answer.words import words_of

KIN = words_of(
    "wife husband father mother grandfather grandmother parents brother sister siblings son "
    "daughter child children successor predecessor"
)
PERSON_NOUNS = (KIN - words_of("parents siblings child children")) | words_of(
    "person man woman official expert scientist president leader author academician secretary "
    "engineer king queen scholar professor inventor founder director "
    "mayor minister senator governor chancellor chairman chairwoman captain coach manager judge "
    "lawyer officer soldier prince princess emperor pope bishop priest actor actress singer "
    "artist painter poet writer composer teacher student doctor nurse patient employee worker "
    "tenant landlord customer buyer seller victim suspect defendant candidate boy girl ceo cfo cto "
    "coo cio physicist chemist biologist mathematician philosopher economist astronomer"
)
# Who is one of these is of a place, a company or a work: "the mayor of Berlin".
ROLES = (PERSON_NOUNS | words_of("head lead chair owner")) - (
    KIN
    | words_of("teacher student doctor nurse lawyer victim man woman boy girl manager coach")
    | words_of("employee worker")
)
# Of persons when asked for, elsewhere also of things: "the media player", "the general meeting".
_ASKED_FOR = words_of(
    "architect footballer explorer general pilot sculptor researcher surgeon player builder "
    "designer developer programmer dancer swimmer runner boxer wrestler rider golfer "
    "cricketer goalkeeper striker referee commander admiral colonel sergeant lieutenant marshal "
    "knight monarch ruler tsar sultan pharaoh duke duchess earl baron lord lady saint prophet monk "
    "nun missionary diplomat ambassador reformer rebel dictator entrepreneur banker trader "
    "merchant farmer baker chef cook butcher tailor carpenter plumber mechanic mason accountant "
    "auditor attorney solicitor barrister prosecutor consultant adviser advisor assistant clerk "
    "supervisor colleague member intern apprentice trainee recruiter reporter presenter playwright "
    "critic thinker astronaut cosmonaut aviator sailor navigator traveller traveler climber "
    "detective spy killer murderer assassin pirate hero heroine rapper drummer conductor "
    "photographer filmmaker producer screenwriter illustrator geographer midwife "
    "winner champion laureate opponent rival friend neighbour neighbor cousin uncle aunt nephew "
    "niece widow heir speaker lecturer guard warden premier viceroy "
    "treasurer caretaker dean rector provost principal headmaster"
)
# "Politician", "journalist", "statesman", unlike "checklist".
_AGENT = regex.compile(r"\p{Ll}{2,}(?:[^\Wl]ist|[aceiou]list|ian|(?:wo)?man)")
# What is said of a thing by its kind: "that city".
KIND_NOUNS = KINDS | words_of(
    "place town village region island building firm organisation organization product book "
    "novel film movie song ship vessel animal species disease drug method device tool language "
    "event treatment theory battle game religion planet play poem painting speech opera palace "
    "tower vehicle aircraft plane machine mission abbreviation acronym agreement accord pact "
    "conflict uprising rebellion massacre attack attempt purge epidemic famine disaster crisis "
    "accident election campaign operation expedition protest strike festival ceremony summit"
)
# Nor is what is one of these a person.
_THINGS = KIND_NOUNS | words_of(
    "article text file form website site section chapter paragraph report policy rule process "
    "procedure manual contract continent capital area part team band office room floor brand car "
    "store shop restaurant hotel desert sea ocean canal bridge road square volcano constellation "
    "moon app application software programming version laptop phone series "
    "album magazine newspaper journal publisher label studio theatre theater stadium venue "
    "dish food drink plant tree flower fruit element metal colour color style genre day year month "
    "time date season"
)
# These are of persons too: "the theory of Darwin", "Anna's team".
_WORKS = words_of(
    "book novel film movie song theory poem painting play speech opera product device tool method "
    "language religion attack attempt campaign operation expedition mission program programme "
    "project law system model house team accident vehicle ship vessel plane machine act award "
    "prize disease ceremony empire army"
)
# Had by places, companies, departments and products rather than by persons.
_HAD_BY_THINGS = words_of(
    "capital population area gdp economy climate currency flag map weather government parliament "
    "constitution language languages coast border borders north south east west budget revenue "
    "profit turnover headquarters hq office offices website logo shares stock employees staff "
    "price cost version release history geography outskirts suburb streets inhabitants residents "
    "citizens people visa branch subsidiary products customers members rooms density elevation "
    "altitude latitude longitude gross"
)


def personal(text: str) -> bool:
    """Whether a phrase speaks of a person by what he or she is."""
    return any(word in PERSON_NOUNS for word in text.lower().split(" of ")[0].split())


def asked_person(noun: str) -> bool:
    """Whether "which …" with that noun asks for a person."""
    low = noun.lower()
    if low in PERSON_NOUNS | _ASKED_FOR:
        return True
    return not thing(low) and _AGENT.fullmatch(noun) is not None


def thing(word: str) -> bool:
    """Whether a noun is that of a place or a thing, if perhaps of several."""
    singular = f"{word[:-3]}y" if word.endswith("ies") else word.removesuffix("s")
    return bool({word, singular} & _THINGS)


def had_by_things(word: str) -> bool:
    """Whether what is "of" a name, or the name's, tells that no person has it."""
    return word in (KIND_NOUNS - _WORKS) | _HAD_BY_THINGS
