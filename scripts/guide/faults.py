"""The page of the faults of real data."""

from guide.inputs import seed
from guide.markdown import code, page, table

OUTCOMES = {
    "caught": ("Caught", "caught by"),
    "harmless": ("Harmless", "because"),
    "not_expressible": ("Faults of code, which no delivery can hold", "held by"),
}
COLUMNS = {"caught": "caught_by", "harmless": "rule", "not_expressible": "rule"}


def faults_page() -> str:
    """Every fault of the catalogue: what is wrong, what catches it or why it is harmless."""
    rows = seed("quality", "faults")
    return page(
        "Faults of real data",
        "What goes wrong in the exports of clinics, and what becomes of it here. `truth/faults.csv` tells where a fault"
        " lies that `python scripts/synthesize.py --patients 300 --seed 5 --out data/raw --faults"
        " weight_without_unit:rate=0.2,site=10` plants on top of the ordinary mess of the sample network."
        " Tests plant each of them and prove this page. A fate catches every record; a check tells where a clinic has"
        " more of them than its threshold in seeds/quality/checks.csv tolerates.",
        *(_outcome(name, [row for row in rows if row["outcome"] == name]) for name in OUTCOMES),
    )


def _outcome(outcome: str, rows: list[dict[str, str]]) -> str:
    title, heading = OUTCOMES[outcome]
    listed = table(
        ("fault", "what is wrong", "source", heading, "otherwise"),
        [(code(row["fault_id"]), row["title"], row["source"], row[COLUMNS[outcome]], row["why"]) for row in rows],
    )
    return f"## {title} ({len(rows)})\n\n{listed}"
