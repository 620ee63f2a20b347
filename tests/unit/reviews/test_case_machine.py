"""The state machine as a table, and its drawing."""

import pytest

from core.people.roles import PERMISSIONS as ROLE_PERMISSIONS
from reviews.cases import diagram, machine


def test_the_table_knows_every_deed_and_only_known_states() -> None:
    assert set(machine.TRANSITIONS) == set(machine.DEEDS)
    for moves in machine.TRANSITIONS.values():
        assert set(moves) | set(moves.values()) <= set(machine.STATES)


def test_every_state_can_be_reached_and_left() -> None:
    reached = {"new", "assigned"}
    for _ in machine.STATES:
        reached |= {
            to for moves in machine.TRANSITIONS.values() for state, to in moves.items() if state in reached
        }
    assert reached == set(machine.STATES)
    for state in machine.STATES:
        assert any(moves.get(state, state) != state for moves in machine.TRANSITIONS.values())


@pytest.mark.parametrize("deed", ["reply", "message", "goodwill", "resolve", "assign"])
def test_what_is_done_must_be_reopened_first(deed: machine.Deed) -> None:
    for state in machine.DONE:
        assert machine.after(deed, state) is None
    for state in machine.OPEN:
        assert machine.after(deed, state) is not None


def test_a_customer_is_heard_in_every_state() -> None:
    for state in machine.STATES:
        assert machine.after("customer_message", state) in machine.OPEN


def test_every_permission_exists() -> None:
    assert set(machine.PERMISSIONS.values()) <= set(ROLE_PERMISSIONS)


def test_the_drawing_in_the_documentation_is_that_of_the_code() -> None:
    document = diagram.DOCUMENT.read_text("utf-8")
    assert diagram.written(document) == document, "python -m reviews.cases.diagram"


def test_the_drawing_has_every_deed_that_moves_and_every_state() -> None:
    drawing = diagram.drawing()
    for deed, moves in machine.TRANSITIONS.items():
        moving = any(state != to for state, to in moves.items())
        assert (deed in drawing.replace(",", " ").split()) == moving
    assert all(state in drawing for state in machine.STATES)
