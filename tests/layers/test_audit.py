"""The audit: chains that nobody changes unseen, written with what they tell of."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from layers.audit import Actor, Audit, AuditFilter, act_as, central, write_pending
from layers.audit_chain import GENESIS, ChainHead, Entry, Fault, verify
from layers.row_security import SYSTEM_SCOPE
from layers.stores import Stores
from service.database import session_factory, web_engine

AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
SOMEBODY = UUID(int=7)


def chain(length: int, name: str = "230882") -> list[Entry]:
    entries: list[Entry] = []
    head = ChainHead(name)
    for number in range(length):
        entry = Entry(name, 0, AT, "person", SOMEBODY, "账号", "incident.edit", "incident", str(number))
        entries.append(entry.after(head.seq, head.hash))
        head = ChainHead(name, entries[-1].seq, entries[-1].hash)
    return entries


def head_of(entries: list[Entry]) -> ChainHead:
    return ChainHead(entries[-1].chain, entries[-1].seq, entries[-1].hash)


def forged(entries: list[Entry], place: int, **changed: object) -> list[Entry]:
    """Return the chain with one entry changed, and its own hash made anew."""
    entry = replace(entries[place], **changed)  # type: ignore[arg-type]
    return [*entries[:place], replace(entry, hash=entry.digest()), *entries[place + 1 :]]


def rewritten(entries: list[Entry], place: int, **changed: object) -> list[Entry]:
    """Return the chain with one entry changed and every later one written anew."""
    made = entries[:place]
    for entry in [replace(entries[place], **changed), *entries[place + 1 :]]:  # type: ignore[arg-type]
        made.append(entry.after(len(made), made[-1].hash if made else GENESIS))
    return made


def faults(entries: list[Entry], *heads: ChainHead) -> list[tuple[int, str]]:
    return [(one.seq, one.kind) for one in verify("230882", entries, heads)[1]]


def test_the_canonical_form_is_what_the_page_says() -> None:
    entry = Entry("230882", 3, AT, "person", SOMEBODY, "张", "a.b", "c", "d", detail={"z": 1, "a": ["x"]})
    assert entry.canonical().decode() == (
        '{"action":"a.b","actor":"00000000-0000-0000-0000-000000000007","actor_kind":"person","actor_name":"张",'
        '"at":"2026-06-01T01:30:00.000000Z","chain":"230882","detail":{"a":["x"],"z":1},"purpose":null,'
        '"request":null,"subject":"d","subject_kind":"c"}'
    )
    number = bytes(7) + b"\3"
    assert entry.digest() == hashlib.sha256(GENESIS + number + entry.canonical()).digest()


def test_a_whole_chain_has_no_fault() -> None:
    entries = chain(20)
    assert verify("230882", entries, [head_of(entries[:7]), head_of(entries)]) == (head_of(entries), ())
    assert verify("230882", []) == (ChainHead("230882"), ())


@settings(max_examples=60)
@given(st.integers(1, 12), st.data())
def test_every_manipulation_is_found_and_placed(length: int, data: st.DataObject) -> None:
    entries = chain(length)
    place = data.draw(st.integers(0, length - 1))
    seq = place + 1
    changed = [*entries]
    changed[place] = replace(entries[place], purpose="another")
    assert faults(changed) == [(seq, "changed")]
    removed = entries[:place] + entries[seq:]
    if seq < length:
        assert faults(removed) == [(seq, "removed")]
        assert faults(forged(entries, place, purpose="another")) == [(seq, "replaced")]
        other = data.draw(st.integers(seq, length - 1))
        swapped = [*entries]
        swapped[place] = replace(entries[other], seq=seq)
        swapped[other] = replace(entries[place], seq=other + 1)
        assert faults(swapped) == [(seq, "moved"), (other + 1, "moved")]
    else:
        assert faults(removed, head_of(entries)) == [(seq, "truncated")]
    # What was written anew from some entry on holds by itself; an exported head tells.
    anew = rewritten(entries, place, purpose="another")
    assert faults(anew) == []
    assert faults(anew, head_of(entries)) == [(length, "rewritten")]


def test_an_entry_put_between_others_is_found() -> None:
    entries = chain(5)
    alien = replace(entries[1], subject="alien")
    pushed = [replace(entry, seq=entry.seq + 1) for entry in entries[2:]]
    found = verify("230882", [*entries[:2], replace(alien, seq=3), *pushed])[1]
    assert Fault("230882", 3, "inserted") in found
    assert [(one.seq, one.written_as) for one in found if one.kind == "moved"] == [(4, 3), (5, 4), (6, 5)]
    first = replace(entries[0], seq=0)
    assert faults([replace(first, hash=first.digest()), *entries]) == [(0, "inserted")]


def test_another_chains_entries_do_not_fit() -> None:
    assert faults([replace(entry, chain="230882") for entry in chain(2, "110101")])[0] == (1, "changed")


@pytest.fixture
def stores(session: Session) -> Stores:
    return Stores(session, "230882")


def test_entries_are_written_with_the_commit(stores: Stores) -> None:
    act_as(stores.session, Actor("person", SOMEBODY, "keeper", "request-1"))
    stores.audit.record("contact.read", "incident", "i1", purpose=" call back ", at=AT, version=3)
    assert stores.audit.head() == ChainHead("230882")
    stores.session.commit()
    (entry,) = stores.audit.entries()
    assert entry == Entry(
        "230882",
        1,
        AT,
        "person",
        SOMEBODY,
        "keeper",
        "contact.read",
        "incident",
        "i1",
        "request-1",
        "call back",
        {"version": 3},
        GENESIS,
        entry.digest(),
    )
    stores.session.commit()
    assert stores.audit.head() == ChainHead("230882", 1, entry.hash)


def test_what_is_undone_leaves_no_entry(stores: Stores) -> None:
    session = stores.session
    stores.audit.record("a.lost", "x", 1)
    session.rollback()
    stores.audit.record("a.kept", "x", 1)
    undone = session.begin_nested()
    stores.audit.record("a.lost", "x", 2)
    with session.begin_nested():
        stores.audit.record("a.lost", "x", 3)
    undone.rollback()
    with session.begin_nested():
        stores.audit.record("a.kept", "x", 4)
    assert stores.audit.head().seq == 0
    session.commit()
    assert [(one.action, one.subject) for one in stores.audit.entries()] == [("a.kept", "1"), ("a.kept", "4")]


def test_a_session_that_was_closed_leaves_no_entry(stores: Stores) -> None:
    stores.audit.record("a.lost", "x", 1)
    stores.session.close()
    stores.audit.record("a.kept", "x", 2)
    write_pending(stores.session)
    assert [one.action for one in stores.audit.entries()] == ["a.kept"]


def test_each_district_and_the_central_actions_have_their_chain(stores: Stores) -> None:
    session = stores.session
    central(session).record("person.create", "person", SOMEBODY)
    stores.audit.record("incident.create", "incident", "i1")
    Audit(session, "110101").record("incident.create", "incident", "i2")
    write_pending(session)
    for store in (central(session), stores.audit, Audit(session, "110101")):
        assert [one.seq for one in store.entries()] == [1]
        assert verify(store.district, store.entries()) == (store.head(), ())


@pytest.mark.parametrize(
    "detail",
    [{"lon": 131}, {"accuracy": 5.0}, {"phone": "1"}, {"body": {"a": 1}}, {"places": [131.5, 46.2]}],
    ids=str,
)
def test_no_coordinates_and_no_contacts_get_in(stores: Stores, detail: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the audit does not take"):
        stores.audit.record("incident.create", "incident", "i1", **detail)  # type: ignore[arg-type]


def test_entries_are_found_again(stores: Stores) -> None:
    for number in range(5):
        stores.audit.record("a.b" if number % 2 else "c.d", "thing", number, at=AT.replace(minute=number))
    stores.session.commit()
    newest = stores.audit.latest(AuditFilter(), limit=2)
    assert [one.seq for one in newest] == [5, 4]
    assert [one.seq for one in stores.audit.latest(AuditFilter(), before=4)] == [3, 2, 1]
    assert [one.seq for one in stores.audit.latest(AuditFilter(action="a.b"))] == [4, 2]
    assert [one.seq for one in stores.audit.latest(AuditFilter(subject_kind="thing", subject="3"))] == [4]
    period = AuditFilter(from_at=AT.replace(minute=1), to_at=AT.replace(minute=3))
    assert [one.seq for one in stores.audit.latest(period)] == [3, 2]


def test_writers_of_one_chain_never_fork_it(engine: Engine) -> None:
    """Eight at once, in two chains each, in opposite order: nothing is lost, doubled or locked for ever."""

    def write(number: int) -> None:
        for turn in range(10):
            with Session(engine) as session:
                names = ["110101", "230882"] if (number + turn) % 2 else ["230882", "110101"]
                for name in names:
                    Audit(session, name).record("a.b", "writer", f"{number}/{turn}")
                session.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with Session(engine) as session:
        for name in ("110101", "230882"):
            entries = list(Audit(session, name).entries())
            assert len({one.subject for one in entries}) == len(entries) == 80
            assert verify(name, entries)[1] == ()


@pytest.mark.parametrize("table", ["audit_entry", "audit_central"])
@pytest.mark.parametrize("change", ["UPDATE {} SET purpose = NULL", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_service_may_only_append(engine: Engine, database_url: str, table: str, change: str) -> None:
    """Not even for its own work, which is shown every row."""
    with Session(engine) as session:
        Stores(session, "230882").districts.create("试验县")
        session.commit()
    served = web_engine(database_url, None)
    try:
        with session_factory(served, SYSTEM_SCOPE)() as session:
            Audit(session, "230882").record("a.b", "x", 1)
            central(session).record("a.b", "x", 1)
            session.commit()
            assert (Audit(session, "230882").head().seq, central(session).head().seq) == (1, 1)
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(text(change.format(table)))
    finally:
        served.dispose()
