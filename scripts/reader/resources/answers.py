"""The answers in a QuestionnaireResponse, however deep its items lie."""

from reader.resources.paths import Step, reached
from reader.resources.values import Json, flat, score_text_of, text_of

ORDINAL_PATH = "extension[url=@ordinal_extensions].valueDecimal"
"""Where the points of a coded answer stand, below its coding."""


_END = object()
LONGEST_NAME = 255
"""Longer names of questions are no names; every answer repeats that of its question."""


def answers_of(items: Json, ordinal_steps: tuple[Step, ...]) -> list[dict[str, str]]:
    """One object for each answer that has a value, in the order of the document.

    The texts of questions and answers stay behind: a value that is no number and no code leaves its question alone.
    """
    answers = []
    levels = [(iter(flat(items)), None)]
    while levels:
        elements, question = levels[-1]
        element = next(elements, _END)
        if element is _END:
            levels.pop()
        elif type(element) is dict:
            levels.append((iter(flat(element.get("item"))), None))
            if question is None:
                levels.append((iter(flat(element.get("answer"))), _question(element)))
            elif any(key.startswith("value") for key in element):
                answers.append(question | _value(element, ordinal_steps))
    return answers


def _question(item: dict) -> dict[str, str]:
    names = _texts(link_id=item.get("linkId"), definition=item.get("definition"))
    return {key: name for key, name in names.items() if len(name) <= LONGEST_NAME}


def _value(answer: dict, ordinal_steps: tuple[Step, ...]) -> dict[str, str]:
    coding = answer.get("valueCoding")
    coding = coding if type(coding) is dict else {}
    quantity = answer.get("valueQuantity")
    number = score_text_of(answer.get("valueString"))
    return _texts(
        integer=answer.get("valueInteger"),
        decimal=answer.get("valueDecimal"),
        quantity=quantity.get("value") if type(quantity) is dict else None,
        number_text=number,
        system=coding.get("system"),
        code=coding.get("code"),
        ordinal=reached(coding.get("extension"), ordinal_steps),
    )


def _texts(**values: Json) -> dict[str, str]:
    return {name: text for name, value in values.items() if (text := text_of(value)) is not None}
