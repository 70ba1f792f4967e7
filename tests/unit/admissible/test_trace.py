"""Traces: which rule blocks which chains."""

from __future__ import annotations

import pytest

from donornet.admissible import network
from tests.oracle.tiny import TWO_YEARS, Tiny, own_cells


def blocks(tiny: Tiny, pool: str = "P") -> list[tuple[str, int, str]]:
    """Return step, chains and rule of the blocks in the first period."""
    trace = network(tiny.build()).trace(pool, "R", "K").traces[0]
    return [(block.step, block.chains, block.rule.text) for block in trace.blocks]


def test_line_is_legal():
    text = str(network(Tiny().build()).trace("P", "R", "K"))
    assert "K from pool P to centre R (market A)" in text
    assert "legal: 1 of 1 chains" in text
    assert "for example P > C > M > R, tested at L" in text
    assert "blocked" not in text


def test_loop_is_legal():
    text = str(network(own_cells().build()).trace("", "R", "K"))
    assert "K from the patient to centre R" in text
    assert "for example R > C > M > R" in text


@pytest.mark.parametrize(("edit", "step", "text"), [
    (lambda t: t.change("donor_pools", jurisdiction="B"), "donor",
     "A does not recognise donors from B (no recognition row; default_recognition is never)"),
    (lambda t: t.change("donor_pools", jurisdiction="B").add(
        "recognition", {"stage": "donor", "from": "B", "market": "A", "verdict": "licence"}), "donor",
     "A asks for a licence for donors from B, which donors cannot have (recognition row 2: licence)"),
    (lambda t: t.change("sites", 0, jurisdiction="B"), "collection",
     "A does not recognise collection in B (no recognition row; default_recognition is never)"),
    (lambda t: t.add("recognition", {"stage": "testing", "from": "A", "market": "A", "verdict": "never"}), "testing",
     "A does not recognise testing in A (recognition row 2: never)"),
    (lambda t: t.add("recognition", {"stage": "manufacturing", "from": "A", "market": "A", "verdict": "licence"}),
     "manufacturing",
     "A asks for a licence for manufacturing in A (recognition row 2: licence), and none is held or obtainable"),
    (lambda t: t.add("panels", {"panel": "p", "markers": "HIV"}).add(
        "required_markers", {"marker": "HIV"}, {"marker": "HBV"}),
     "testing", "panel p lacks HBV, which A requires (required_markers row 3)"),
    (lambda t: t.change("therapies", sample_days=1).lane("C>L").update(days=3) or t, "testing",
     "samples from collection to testing travel longer than sample_days = 1 (therapies row 2)"),
    (lambda t: t.add("lanes", {"from": "C", "to": "M", "mode": "van", "therapy": "K", "status": "closed"}),
     "manufacturing",
     "no open lane carries material from collection to manufacturing"),
    (lambda t: t.add("prohibitions", {"rule": "ban", "donor": "g", "manufacturing": "M"}), "manufacturing",
     "prohibition ban forbids it (prohibitions row 2)"),
])  # fmt: skip
def test_rule_that_blocks_is_named_with_its_row(edit, step: str, text: str):
    assert blocks(edit(Tiny())) == [(step, 1, text)]


def test_fresh_leg_that_takes_too_long():
    tiny = (
        Tiny()
        .change("therapies", fresh_days=1)
        .add("transport_modes", {"mode": "van", "carries": "doses", "state": "fresh"})
    )
    for leg, mode in (("P>C", "car"), ("C>L", "post"), ("C>M", "air")):
        tiny.lane(leg).update(mode=mode)
    tiny.lane("M>R").update(days=2)
    assert blocks(tiny) == [
        ("centre", 1, "doses from manufacturing to centre travel longer than fresh_days = 1 (therapies row 2)")
    ]


def test_loop_that_takes_too_long():
    tiny = own_cells().change("therapies", vein_to_vein_days=2).change("operations", 2, days=3)
    assert blocks(tiny, "") == [
        ("manufacturing", 1, "the loop takes more than vein_to_vein_days = 2 (therapies row 2)")
    ]


def test_loop_that_takes_too_long_on_its_last_leg():
    tiny = own_cells().change("therapies", vein_to_vein_days=2)
    tiny.lane("M>R").update(days=3)
    assert [step for step, *_ in blocks(tiny, "")] == ["centre"]


def test_chains_count_where_the_first_rule_blocks_them():
    tiny = Tiny().change("sites", 2, jurisdiction="B")
    for number in range(3):
        tiny.add("sites", {"site": f"N{number}", "jurisdiction": "B"}).vans(f"C>N{number}", f"N{number}>R")
        tiny.add("facilities", {"site": f"N{number}", "stage": "manufacturing"})
    tiny.add("sites", {"site": "D", "jurisdiction": "B"}).add("facilities", {"site": "D", "stage": "collection"})
    found = network(tiny.build()).trace("P", "R", "K").traces[0]
    assert (found.chains, found.legal) == (8, 0)
    assert [(block.step, block.chains, block.about) for block in found.blocks] == [
        ("collection", 4, ("D",)),
        ("manufacturing", 4, ("M", "N0", "N1", "N2")),
    ]


def test_amounts_that_change_are_told_by_period():
    tiny = Tiny(**TWO_YEARS).add("sites", {"site": "N", "jurisdiction": "A"}).vans("C>N", "N>R")
    tiny.add("facilities", {"site": "N", "stage": "manufacturing", "opens_from": 2})
    text = str(network(tiny.build()).trace("P", "R", "K"))
    assert "legal: 1 in 1, 2 in 2 of 2 chains" in text
    assert "1 in 1: manufacturing opens in period 2 (facilities row 5): N" in text


def test_licence_that_comes_later_is_told():
    tiny = Tiny(**TWO_YEARS).add(
        "recognition", {"stage": "manufacturing", "from": "A", "market": "A", "verdict": "licence"}
    )
    tiny.add("licences", {"site": "M", "stage": "manufacturing", "market": "A", "status": "held", "available_from": 2})
    assert "available from period 2 (licences row 2)" in blocks(tiny)[0][2]
    assert network(tiny.build()).trace("P", "R", "K").traces[-1].legal == 1


@pytest.mark.parametrize(("ids", "message"), [
    (("X", "R", "K"), "there is no pool 'X'"), (("P", "r", "K"), "no centre 'r' (did you mean 'R'?)"),
    (("P", "R", "k"), "no therapy 'k' (did you mean 'K'?)"), (("", "R", "K"), "K is allogeneic: name a donor pool"),
])  # fmt: skip
def test_unknown_ids_are_refused(ids: tuple[str, str, str], message: str):
    with pytest.raises(ValueError, match=r".") as caught:
        network(Tiny().build()).trace(*ids)
    assert message in str(caught.value)


def test_pool_of_an_autologous_therapy_is_refused():
    with pytest.raises(ValueError, match="K is autologous"):
        network(own_cells().build()).trace("P", "R", "K")
