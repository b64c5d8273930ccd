"""Forms of the edge-case clinics as QuestionnaireResponses and as Observations of panels, totals and items."""

from random import Random
from typing import Any

from tests.integration.edge_fhir import base, canonical, turned
from tests.integration.edge_fhir_text import coding, fhir_date, literal, number, reference
from tests.integration.edge_patients import Row
from tests.integration.oracle import codes

ITEM_CODES = {"PHQ-9": codes.PHQ9_ITEMS, "GAD-7": codes.GAD7_ITEMS}
PANELS = {"PHQ-9": "44249-1", "GAD-7": "69737-5", "PCL-5": "101697-1"}
TOTALS = {"PHQ-9": "44261-6", "GAD-7": "70274-6", "PCL-5": "101698-9"}
PREFIXES = {"PHQ-9": "phq9", "GAD-7": "gad7", "PCL-5": "pcl5"}
ORDINALS = sorted(codes.ORDINAL_EXTENSIONS)
OBSERVATION_STATUSES = {"completed": "final", "amended": "corrected", "in-progress": "preliminary"}
STYLES = ["response"] * 13 + ["both", "both", "both", "observations", "observations", "observations", "items only"]


def style_of(row: Row) -> str:
    """How a form is delivered: always the same for one id."""
    if canonical("instrument", row.get("instrument")) not in PANELS:
        return "response"
    return Random(row["assessment_id"] or "").choice(STYLES)


def coded(rng: Random, value: int) -> dict:
    """An answer of 0 to 3 by its answer code or by its ordinal; other answers by ordinal only."""
    answer_codes = turned({code: str(number) for (_, code), number in codes.ANSWERS.items()})
    ordinal = {"extension": [{"url": rng.choice(ORDINALS), "valueDecimal": literal(f"{value}")}]}
    if str(value) not in answer_codes or rng.random() < 0.3:
        return {"system": "http://vendor.example/answers", "code": f"a{value}", **ordinal}
    plain = coding(rng, "loinc", answer_codes[str(value)], "an answer")
    return rng.choice([plain, plain | ordinal])


def answer(rng: Random, text: str | None) -> dict[str, Any]:
    """One answer in any of the shapes that forms have."""
    if text is None:
        return {}
    bare = text.strip()
    if not bare.isdigit() or len(bare) > 1 or rng.random() < 0.1:
        return rng.choice(
            [
                {"valueInteger": number(rng, text)},
                {"valueDecimal": number(rng, text)},
                {"valueString": text},
                {"valueQuantity": {"value": number(rng, text), "code": "{score}"}},
            ]
        )
    value = int(bare)
    return rng.choice(
        [
            {"valueInteger": literal(f"{value}")},
            {"valueInteger": literal(f"{value}")},
            {"valueDecimal": literal(f"{value}.0")},
            {"valueCoding": coded(rng, value)},
            {"valueCoding": coded(rng, value)},
            {"valueCoding": coded(rng, value)},
            {"valueString": f" {value}"},
        ]
    )


def unreadable(rng: Random) -> dict[str, Any]:
    """An answer that no rule reads as a number."""
    return rng.choice(
        [
            {"valueBoolean": True},
            {"valueString": "quite often"},
            {"valueCoding": {"system": "http://vendor.example/answers", "code": "often"}},
            {"valueCoding": {"system": "http://loinc.org", "code": "LA0000-0"}},
            {"valueDate": "2024-01-01"},
            {"valueReference": {"reference": "Patient/1"}},
        ]
    )


def whole(text: str | None) -> int | None:
    """An item number of a flat answer, None where it is none."""
    bare = (text or "").strip().lstrip("+").split(".")[0]
    return int(bare) if bare.isdigit() and len(bare) < 4 else None


def link(rng: Random, instrument: str | None, item: int, style: str) -> dict[str, Any]:
    """linkId and definition of an item."""
    own = ITEM_CODES.get(instrument, [])
    if style in ("slash", "loinc", "definition") and 1 <= item <= len(own):
        code = own[item - 1]
        if style == "definition":
            return {"linkId": f"x{item}z", "definition": f"http://loinc.org/{code}"}
        return {"linkId": f"/{code}" if style == "slash" else code}
    if style == "prefix" and instrument in PREFIXES:
        prefix = PREFIXES[instrument]
        return {"linkId": rng.choice(["", "", "/"]) + (prefix if rng.random() < 0.8 else prefix.upper())
                + rng.choice("-_.") + str(item)}  # fmt: skip
    return {"linkId": f"{item}"}


def response(rng: Random, row: Row, answers: list[Row]) -> list[dict]:
    """A QuestionnaireResponse: flat or nested, with totals, repeated items and items that are none."""
    node = base(rng, "QuestionnaireResponse", row["assessment_id"], row)
    text = row.get("instrument")
    instrument = canonical("instrument", text)
    style = rng.choice(["slash", "loinc", "prefix", "number", "definition"])
    items: list[dict[str, Any]] = []
    for flat in answers:
        item = whole(flat.get("item_number"))
        if item is None:
            continue
        given = answer(rng, flat.get("response")) if rng.random() < 0.985 else unreadable(rng)
        items.append({**link(rng, instrument, item, style), "text": "a question", "answer": [given] if given else []})
    if items and rng.random() < 0.03:
        items.append({**rng.choice(items), "answer": [{"valueInteger": literal("1")}]})
    total = row.get("total_score")
    if total is not None and instrument in TOTALS and style in ("slash", "loinc"):
        value = rng.choice([{"valueInteger": number(rng, total)}, {"valueDecimal": number(rng, total)},
                            {"valueQuantity": {"value": number(rng, total)}}, {"valueString": total}])  # fmt: skip
        items.append({"linkId": "/" * (style == "slash") + TOTALS[instrument], "answer": [value]})
    if style in ("slash", "loinc") and rng.random() < 0.1:
        items += second_instrument(rng, instrument, "/" * (style == "slash"))
    if rng.random() < 0.1:
        items.append({"linkId": rng.choice(["/69722-7", "comment", "phq9-difficulty", "q"]),
                      "answer": [rng.choice([{"valueString": "very"}, {"valueInteger": literal("2")}])]})  # fmt: skip
    node |= {
        "questionnaire": questionnaire(rng, text, instrument, style if items else "number"),
        "status": row.get("status") or None,
        "subject": reference(rng, "Patient", row.get("patient_id")),
        "authored": fhir_date(rng, row.get("completed_at") or row.get("started_at")),
        "source": rng.choice([None, {"reference": "Patient/1"}, {"reference": "Practitioner/2"}]),
        "item": nested(rng, items),
    }
    return [node]


def second_instrument(rng: Random, instrument: str | None, before: str) -> list[dict]:
    """Items of another instrument in the same questionnaire, and perhaps its total."""
    other = "GAD-7" if instrument == "PHQ-9" else "PHQ-9"
    own = ITEM_CODES[other][: rng.choice([2, 7, 9])]
    items = [{"linkId": before + code, "answer": [answer(rng, str(rng.randint(0, 3)))]} for code in own]
    if rng.random() < 0.4:
        items.append({"linkId": before + TOTALS[other], "answer": [{"valueInteger": literal("11")}]})
    return items


def questionnaire(rng: Random, text: str | None, instrument: str | None, style: str) -> str | None:
    """The address of the form; without item codes or a prefix it must name the instrument."""
    if style in ("slash", "loinc", "definition") and instrument in ITEM_CODES and rng.random() < 0.6:
        return rng.choice([None, "http://vendor.example/Questionnaire/8812", "Questionnaire/intake|3"])
    if style == "prefix" and instrument in PREFIXES and rng.random() < 0.5:
        return rng.choice([None, "http://vendor.example/Questionnaire/8812|2"])
    if text is None or "/" in text or "|" in text or "?" in text:
        return None
    name = instrument.lower() if instrument and rng.random() < 0.6 else text.strip()
    return f"http://vendor.example/fhir/Questionnaire/{name}" + rng.choice(["", "|1.0", "|2024"])


def nested(rng: Random, items: list[dict]) -> list[dict]:
    """The items as they are, in groups, or one below the answer of another."""
    shape = rng.random()
    if shape < 0.6 or len(items) < 3:
        return items
    if shape < 0.8:
        middle = len(items) // 2
        return [{"linkId": "g", "item": [{"linkId": "g1", "item": items[:middle]}]}, *items[middle:]]
    opened = items[0].get("answer")
    if not opened:
        return [{"linkId": "g", "item": items}]
    return [{**items[0], "answer": [{**opened[0], "item": items[1:3]}]}, *items[3:]]


def observations(rng: Random, row: Row, answers: list[Row], style: str) -> list[dict]:
    """The same form as Observations: a total or a panel, and items, however they are tied together."""
    instrument = canonical("instrument", row.get("instrument"))
    identifier, tie = (
        row["assessment_id"] or "x",
        Random(f"{row['assessment_id']}").choice(["derived", "member", "time"]),
    )
    if style == "both":
        tie = Random(f"{row['assessment_id']}").choice(["derived", "derived", "time"])
    day = fhir_date(rng, row.get("completed_at") or row.get("started_at"))
    subject = reference(rng, "Patient", row.get("patient_id"))
    status = OBSERVATION_STATUSES.get(canonical("status", row.get("status")) or "", row.get("status"))
    derived = [reference(rng, "QuestionnaireResponse", identifier)] if tie == "derived" else []
    derived = [one for one in derived if not one["reference"].startswith("urn:")] or (
        [{"reference": f"QuestionnaireResponse/{identifier}"}] if tie == "derived" else [])  # fmt: skip

    def one(name: str, code: str, value: dict) -> dict:
        return base(rng, "Observation", f"{name}-{identifier}", row) | {
            "status": status, "code": {"coding": [coding(rng, "loinc", code)]}, "subject": subject,
            "effectiveDateTime": day, "category": [{"coding": [{"code": "survey"}]}], "derivedFrom": derived,
        } | value  # fmt: skip

    found = []
    for flat in answers:
        item = whole(flat.get("item_number"))
        own = ITEM_CODES.get(instrument, [])
        if item is not None and 1 <= item <= len(own):
            given = answer(rng, flat.get("response"))
            if "valueCoding" in given:
                given = {"valueCodeableConcept": {"coding": [given["valueCoding"]]}}
            if "valueDecimal" in given:
                given = {"valueQuantity": {"value": given["valueDecimal"]}}
            found.append(one(f"i{item}", own[item - 1], given))
    total = row.get("total_score")
    heads = []
    if found and Random(f"{row['assessment_id']}?").random() < 0.25:
        names = ("code", "valueInteger", "valueQuantity", "valueCodeableConcept", "valueString")
        components = [{name: one[name] for name in names if name in one} for one in found]
        value = {"valueInteger": number(rng, total)} if total is not None and rng.random() < 0.5 else {}
        heads.append(one("p", PANELS[instrument], {"component": components, **value}))
        found = found[:1] if rng.random() < 0.2 else []
        total = total if rng.random() < 0.2 else None
        if total is None:
            return heads + found
    if style != "items only":
        if total is not None:
            value = rng.choice([{"valueInteger": number(rng, total)}, {"valueString": total},
                                {"valueQuantity": {"value": number(rng, total), "code": "{score}"}}])  # fmt: skip
            heads.append(one("t", TOTALS[instrument], value))
        if total is None or tie == "member" or rng.random() < 0.3:
            heads.append(one("p", PANELS[instrument], {}))
            if tie == "member":
                heads[-1]["hasMember"] = [{"reference": f"Observation/{other['id']}"} for other in found + heads[:-1]]
    if not found and not heads:
        return response(rng, row, answers)
    return heads + found


def form(rng: Random, row: Row, answers: list[Row]) -> list[dict]:
    """A form in its style; one that is handed out twice comes as both."""
    style = style_of(row)
    if style == "response":
        return response(rng, row, answers)
    if style == "both":
        return response(rng, row, answers) + observations(rng, row, answers, style)
    return observations(rng, row, answers, style)
