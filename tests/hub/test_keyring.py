"""What the hub's key seals, signs and refuses."""

import base64
import os
import secrets
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.keyring import Keyring, UnfitKey, WrongKey

KEYRING = Keyring(bytes(range(32)))
OTHER = Keyring(bytes(range(32, 64)))


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_what_was_sealed_opens_in_its_place(text: str, about: str) -> None:
    assert KEYRING.decrypt(KEYRING.encrypt(text, about), about) == text


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    assert KEYRING.encrypt("hunter2", "accounts|1") != KEYRING.encrypt("hunter2", "accounts|1")


def test_a_sealed_secret_opens_in_no_other_row_and_with_no_other_key() -> None:
    sealed = KEYRING.encrypt("hunter2", "accounts|1")

    with pytest.raises(WrongKey):
        KEYRING.decrypt(sealed, "accounts|2")
    with pytest.raises(WrongKey, match=OTHER.key_id):
        OTHER.decrypt(sealed, "accounts|1")


@pytest.mark.parametrize("sealed", ["", "x", KEYRING.key_id, f"{KEYRING.key_id}.", f"{KEYRING.key_id}.%%", "é.é"])
def test_what_is_not_sealed_at_all_is_refused(sealed: str) -> None:
    with pytest.raises(WrongKey):
        KEYRING.decrypt(sealed, "accounts|1")


def test_any_changed_sign_of_a_sealed_secret_is_noticed() -> None:
    sealed = KEYRING.encrypt("hunter2", "accounts|1")

    for place in range(len(sealed)):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(WrongKey):
            KEYRING.decrypt(changed, "accounts|1")


def test_a_signed_value_is_read_until_it_expires_and_for_its_purpose_alone() -> None:
    token = KEYRING.sign("attachment", "17", 1_000)

    assert KEYRING.verify("attachment", token, 999) == "17"
    assert KEYRING.verify("attachment", token, 1_000) is None
    assert KEYRING.verify("download", token, 999) is None
    assert OTHER.verify("attachment", token, 999) is None


@given(st.text())
def test_no_made_up_token_is_taken(token: str) -> None:
    assert KEYRING.verify("attachment", token, 0) is None
    assert KEYRING.read_reply_token(token) is None


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_reply_token_survives_mail_systems_that_change_its_case(delivery: int) -> None:
    token = KEYRING.reply_token(delivery)

    assert token.isascii()
    assert token.isalnum()
    assert token == token.lower()
    assert KEYRING.read_reply_token(token) == delivery
    assert KEYRING.read_reply_token(token.upper()) == delivery


def test_a_reply_token_with_one_other_sign_names_nothing() -> None:
    token = KEYRING.reply_token(4711)

    for place in range(len(token)):
        changed = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        assert KEYRING.read_reply_token(changed) is None
    assert OTHER.read_reply_token(token) is None


def test_a_reply_token_is_written_in_one_way_only() -> None:
    mac, number = KEYRING.reply_token(35)[:16], KEYRING.reply_token(35)[16:]

    assert KEYRING.read_reply_token(f"{mac}0{number}") is None


def test_the_first_start_makes_a_key_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"

    made = Keyring.load(path)
    again = Keyring.load(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert again.decrypt(made.encrypt("x", "y"), "y") == "x"
    assert list(path.parent.iterdir()) == [path]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    found: list[str] = []
    gate = threading.Barrier(8)

    def start() -> None:
        gate.wait()
        found.append(Keyring.load(tmp_path / "key").key_id)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    Keyring.load(path)
    path.chmod(0o640)

    with pytest.raises(UnfitKey, match="chmod 600"):
        Keyring.load(path)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "changeme",
        "replace-this-with-32-random-bytes",
        "ключ",
        base64.urlsafe_b64encode(bytes(32)).decode(),
        base64.urlsafe_b64encode(b"examplekeyexamplekeyexamplekey!!").decode(),
        base64.urlsafe_b64encode(b"a key too short.").decode(),
    ],
)
def test_a_short_or_example_key_is_refused_with_the_way_to_a_good_one(tmp_path: Path, written: str) -> None:
    path = tmp_path / "key"
    path.write_text(written)
    path.chmod(0o600)

    with pytest.raises(UnfitKey, match="A new one: python3"):
        Keyring.load(path)


def test_the_environment_may_give_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONETHREAD_KEY", base64.urlsafe_b64encode(os.urandom(32)).decode())

    Keyring.load(tmp_path / "key")

    assert not (tmp_path / "key").exists()


def test_random_keys_are_taken() -> None:
    for _ in range(1_000):
        Keyring(secrets.token_bytes(32))


def test_secrets_have_256_bits_and_are_kept_as_their_hash() -> None:
    secret = Keyring.new_secret()

    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    assert Keyring.hash(secret) == Keyring.hash(secret)
    assert secret not in Keyring.hash(secret)
