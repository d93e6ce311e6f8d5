"""Keys, tokens, sessions, limits, the audit log; on SQLite and PostgreSQL."""

from __future__ import annotations

import base64
import json
import stat
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from attune.errors import AttuneError, InputError
from attune.service import Service
from attune.service.access import Principal, Scope, cookie_flags
from attune.service.access.keys import Keys
from attune.service.access.rates import Rates
from attune.service.access.tokens import Token, TokenSigner, read_secret
from attune.service.errors import Busy, Denied, Forbidden, NotFound
from attune.service.tables import ApiKey, AuditEntry, Project, SignIn, now


def new_project(service: Service) -> str:
    project = Project(name="p", language="en-US")
    with service.database.session() as session:
        session.add(project)
    return project.id


def test_a_key_opens_what_it_is_for(service: Service, admin: Principal) -> None:
    key, secret = service.access.create_key(admin, "robot", Scope.RECOGNISE)
    assert service.access.authenticate(secret) == Principal(key.id, "robot", Scope.RECOGNISE)
    assert len(secret) > 40
    with service.database.reading() as session:
        row = session.get_one(ApiKey, key.id)
    assert secret not in (row.hash, row.prefix)
    assert secret.startswith(row.prefix)


@pytest.mark.parametrize(
    "wrong", ["", "att_nonsense", "a.b.c", "..", "x" * 5000, "\ud800", "é.é.é"]
)
def test_a_wrong_key_is_denied(service: Service, wrong: str) -> None:
    with pytest.raises(Denied):
        service.access.authenticate(wrong)


def test_keys_end(service: Service, admin: Principal) -> None:
    key, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    token = service.access.issue_token(service.access.authenticate(secret))
    session = service.access.sign_in(secret)
    service.access.revoke(admin, key.id)
    service.access.revoke(admin, key.id)
    for credential in (secret, token):
        with pytest.raises(Denied, match="revoked"):
            service.access.authenticate(credential)
    with pytest.raises(Denied):
        service.access.session(session.id)
    late, secret = service.access.create_key(
        admin, "b", Scope.MANAGE, expires=now() + timedelta(hours=1)
    )
    service.access.authenticate(secret)
    with service.database.session() as database:
        database.execute(update(ApiKey).where(ApiKey.id == late.id).values(expires=now()))
    with pytest.raises(Denied, match="expired"):
        service.access.authenticate(secret)


def test_who_watches_a_key_hears_of_its_end(service: Service, admin: Principal) -> None:
    access = service.access
    told: dict[str, list[str]] = {"here": [], "elsewhere": [], "late": [], "good": [], "left": []}
    keys = {}
    with ExitStack() as stack:
        for name in told:
            keys[name], secret = access.create_key(admin, name, Scope.RECOGNISE)
            holder = access.authenticate(secret)

            def hear(error: Denied, name: str = name) -> None:
                told[name].append(str(error))

            if name == "left":
                with access.watching(holder, hear):
                    pass
            else:
                stack.enter_context(access.watching(holder, hear))
        access.look_at_keys()
        assert not any(told.values())
        access.revoke(admin, keys["here"].id)
        access.revoke(admin, keys["left"].id)
        assert told["here"] == ["this key was revoked"]
        with service.database.session() as database:
            for name, change in (("elsewhere", {"revoked": now()}), ("late", {"expires": now()})):
                database.execute(update(ApiKey).where(ApiKey.id == keys[name].id).values(change))
        assert not (told["elsewhere"] or told["late"])
        access.look_at_keys()
    # Told once more, for it still ends what it watches.
    assert told == {
        "here": 2 * ["this key was revoked"],
        "elsewhere": ["this key was revoked"],
        "late": ["this key has expired"],
        "good": [],
        "left": [],
    }


def test_thousands_of_keys_are_looked_at(service: Service) -> None:
    """More than a statement may have parameters."""
    keys = Keys(service.database)
    assert len(keys.ended([str(n) for n in range(70_000)])) == 70_000


def test_only_administrators_make_keys_and_those_of_a_project_for_it_alone(
    service: Service, admin: Principal
) -> None:
    project, other = new_project(service), new_project(service)
    _, secret = service.access.create_key(admin, "owner", Scope.ADMIN, project)
    owner = service.access.authenticate(secret)
    made, _ = service.access.create_key(owner, "a", Scope.MANAGE)
    assert made.project_id == project
    with pytest.raises(NotFound):
        service.access.create_key(owner, "a", Scope.MANAGE, other)
    assert {key.name for key in service.access.keys(owner)} == {"owner", "a"}
    with pytest.raises(NotFound):
        service.access.revoke(owner, admin.key_id)
    manager = Principal(made.id, "a", Scope.MANAGE, project)
    for attempt in (
        lambda: service.access.create_key(manager, "x", Scope.RECOGNISE),
        lambda: service.access.keys(manager),
        lambda: service.access.revoke(manager, made.id),
    ):
        with pytest.raises(Forbidden, match="admin"):
            attempt()


def test_keys_that_cannot_be_are_refused(service: Service, admin: Principal) -> None:
    with pytest.raises(InputError, match="name"):
        service.access.create_key(admin, " ", Scope.MANAGE)
    with pytest.raises(InputError, match="past"):
        service.access.create_key(admin, "a", Scope.MANAGE, expires=now() - timedelta(days=1))
    with pytest.raises(NotFound):
        service.access.create_key(admin, "a", Scope.MANAGE, "no-such-project")


def test_when_a_key_was_used_is_noted(service: Service, admin: Principal) -> None:
    key, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    assert key.used is None
    service.access.authenticate(secret)
    service.access.save_use()
    used = next(each.used for each in service.access.keys(admin) if each.id == key.id)
    assert used is not None
    assert now() - used < timedelta(minutes=1)


def test_a_token_is_weaker_than_its_key_in_nothing_but_time(
    service: Service, admin: Principal
) -> None:
    project = new_project(service)
    _, secret = service.access.create_key(admin, "a", Scope.MANAGE, project)
    principal = service.access.authenticate(secret)
    assert service.access.authenticate(service.access.issue_token(principal)) == principal


def test_tokens_expire_and_cannot_be_forged() -> None:
    signer = TokenSigner(b"0" * 32)
    good = signer.write(Token("k", Scope.RECOGNISE, time.time() + 60))
    assert signer.read(good).scope is Scope.RECOGNISE
    header, claims, signature = good.split(".")
    with pytest.raises(Denied, match="expired"):
        signer.read(signer.write(Token("k", Scope.RECOGNISE, time.time() - 1)))
    stronger = json.loads(base64.urlsafe_b64decode(claims + "=="))
    stronger["scope"] = "admin"
    forged = base64.urlsafe_b64encode(json.dumps(stronger).encode()).decode().rstrip("=")
    nothing = base64.urlsafe_b64encode(b'{"alg":"none"}').decode()
    for bad in (
        f"{header}.{forged}.{signature}",
        f"{nothing}.{claims}.",
        f"{header}.{claims}.",
        TokenSigner(b"1" * 32).write(Token("k", Scope.ADMIN, time.time() + 60)),
    ):
        with pytest.raises(Denied):
            signer.read(bad)


def test_the_secret_is_the_owners_alone_and_stays(tmp_path: Path) -> None:
    secret = read_secret(tmp_path / "secret")
    assert read_secret(tmp_path / "secret") == secret
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(AttuneError, match="damaged"):
        read_secret(tmp_path / "secret")


def test_somebody_signs_in_and_out(service: Service, admin: Principal) -> None:
    _, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    opened = service.access.sign_in(f" {secret}\n", "10.0.0.1")
    found = service.access.session(opened.id)
    assert found == opened
    found.check(opened.csrf)
    for wrong in ("", "0" * 64, "é", "\ud800"):
        with pytest.raises(Denied, match="another session"):
            found.check(wrong)
    assert service.access.sign_in(secret).csrf != opened.csrf
    with service.database.reading() as session:
        assert opened.id not in {row.hash for row in session.scalars(select(SignIn))}
    service.access.sign_out(opened.id)
    service.access.sign_out(opened.id)
    with pytest.raises(Denied, match="sign in"):
        service.access.session(opened.id)


@pytest.mark.parametrize(
    ("seen", "created", "well"),
    [
        (timedelta(hours=11), timedelta(hours=11), True),
        (timedelta(hours=13), timedelta(hours=13), False),
        (timedelta(0), timedelta(days=6), True),
        (timedelta(0), timedelta(days=8), False),
    ],
)
def test_sessions_end_unused_and_in_the_end(
    service: Service, admin: Principal, seen: timedelta, created: timedelta, well: bool
) -> None:
    _, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    opened = service.access.sign_in(secret)
    with service.database.session() as session:
        session.execute(update(SignIn).values(seen=now() - seen, created=now() - created))
    if well:
        service.access.session(opened.id)
        with service.database.reading() as session:
            assert now() - session.scalars(select(SignIn)).one().seen < timedelta(minutes=2)
    else:
        with pytest.raises(Denied):
            service.access.session(opened.id)


def test_wrong_keys_are_slowed_down_and_right_ones_are_not(
    service: Service, admin: Principal
) -> None:
    _, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    for _ in range(10):
        with pytest.raises(Denied):
            service.access.sign_in("att_wrong", "10.0.0.1")
    for key in ("att_wrong", secret):
        with pytest.raises(Busy) as refused:
            service.access.sign_in(key, "10.0.0.1")
        assert 1 <= refused.value.retry_after <= 6
    service.access.sign_in(secret, "10.0.0.2")
    for _ in range(10):
        with pytest.raises(Denied):
            service.access.authenticate("att_wrong", "10.0.0.3")
    with pytest.raises(Busy):
        service.access.authenticate("att_wrong", "10.0.0.3")
    service.access.authenticate(secret, "10.0.0.3")


def test_requests_of_a_key_are_limited(service: Service, admin: Principal) -> None:
    with pytest.raises(Busy, match="slow down"):
        for _ in range(1000):
            service.access.limit(admin)
    service.access.limit(Principal("another", "b", Scope.ADMIN))


def test_rates_fill_up_again_and_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    rates = Rates(rate=0.5, burst=2)
    rates.take("a", "no")
    rates.take("a", "no")
    with pytest.raises(Busy) as refused:
        rates.take("a", "no")
    assert refused.value.retry_after == 2
    moment += 2
    rates.take("a", "no")
    with pytest.raises(Busy):
        rates.check("a", "no")
    for number in range(25_000):
        rates.take(str(number), "no")
    assert len(rates._left) <= 10_001


def test_what_is_done_with_keys_is_in_the_audit_log(service: Service, admin: Principal) -> None:
    key, secret = service.access.create_key(admin, "a", Scope.MANAGE)
    service.access.sign_in(secret, "10.0.0.1")
    service.access.revoke(admin, key.id)
    with service.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == key.id)).all()
    assert [entry.action for entry in entries] == ["create", "sign in", "revoke"]
    assert entries[0].actor.startswith("administrator (")
    assert entries[1].detail == {"address": "10.0.0.1"}


def test_the_first_start_makes_an_administrators_key(service: Service) -> None:
    path = service.admin_key_file
    assert service.access.first_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secret = path.read_text().strip()
    principal = service.access.authenticate(secret)
    assert principal.scope is Scope.ADMIN
    path.unlink()
    assert not service.access.first_key(path)
    assert not path.exists()


def test_killed_between_file_and_row_the_first_key_is_the_one_of_the_file(service: Service) -> None:
    service.admin_key_file.write_text("att_written_before_the_kill\n")
    assert service.access.first_key(service.admin_key_file)
    assert service.access.authenticate("att_written_before_the_kill").scope is Scope.ADMIN


def test_a_revoked_first_key_stays_so_and_without_its_file_there_is_a_new_one(
    service: Service,
) -> None:
    path = service.admin_key_file
    service.access.first_key(path)
    first = service.access.authenticate(path.read_text().strip())
    service.access.revoke(first, first.key_id)
    assert not service.access.first_key(path)
    path.unlink()
    assert service.access.first_key(path)
    assert service.access.authenticate(path.read_text().strip()).key_id != first.key_id


def test_cookies_are_closed() -> None:
    flags = cookie_flags(secure=True)
    assert flags["httponly"] and flags["secure"]
    assert flags["samesite"] == "strict"
