"""Keyed hashes of customer ids, the key they need, and texts that name no person."""

from __future__ import annotations

import hashlib
import hmac
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from retention_lib.settings.models import StoreSettings
from retention_lib.stores.errors import DataError
from retention_lib.stores.privacy import hashed_id, redacted, safe_traceback, set_key, without_values
from retention_lib.stores.store import Store, open_store

ZEROS = "0" * 64


def shop(root: Path, *, set_name: str = "") -> Store:
    (root / "sales.csv").write_text("customer_id,ordered_at,amount\n007,2026-01-02,1.00\n")
    tables = {"transactions": {"path": "sales.csv"}}
    settings = StoreSettings.model_validate({"timezone": "UTC", "currency": "EUR", "tables": tables})
    return open_store("shop", settings, root=root, set_name=set_name)


def test_hashed_id_is_the_head_of_the_keyed_hash() -> None:
    # RFC 4231, test case 1: key 20 times 0x0b, data "Hi There".
    assert hashed_id(b"\x0b" * 20, "Hi There") == "b0344c61d8db"


def test_hashed_id_of_a_phone_is_not_found_without_the_key() -> None:
    phone = "+79161234567"
    found = hashed_id(bytes(32), phone)
    assert found != hashlib.sha256(phone.encode()).hexdigest()[:12]
    assert found != hashed_id(bytes(31) + b"\x01", phone)


def test_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    key = set_key(tmp_path, "myshop")
    file = tmp_path / "data" / ".keys" / "myshop"
    assert len(key) == 32
    assert file.read_text() == key.hex() + "\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert set_key(tmp_path, "myshop") == key
    assert set_key(tmp_path, "other") != key


def test_key_of_processes_that_start_together_is_one(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom retention_lib.stores.privacy import set_key\n"
        "sys.stdin.readline()\nprint(set_key(Path(sys.argv[1]), 'myshop').hex())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0].strip() for process in started}
    assert said == {set_key(tmp_path, "myshop").hex()}
    assert [file.name for file in (tmp_path / "data" / ".keys").iterdir()] == ["myshop"]


@pytest.mark.parametrize("content", ["", "abc\n", ZEROS[1:] + "g\n", ZEROS + "00\n", "ключ"])
def test_key_that_is_none_is_refused_and_not_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "data" / ".keys" / "myshop"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    with pytest.raises(DataError, match=r"data/\.keys/myshop: holds no key .* restore it, or remove it"):
        set_key(tmp_path, "myshop")
    assert file.read_text() == content


def test_key_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"data/\.keys/myshop: .*; give access to the folder"):
        set_key(tmp_path, "myshop")


def test_store_hashes_ids_by_the_key_of_its_set(tmp_path: Path) -> None:
    found = shop(tmp_path, set_name="myshop").hashed_id("007")
    key = bytes.fromhex((tmp_path / "data" / ".keys" / "myshop").read_text().strip())
    assert found == hmac.new(key, b"007", hashlib.sha256).hexdigest()[:12]


def test_store_without_a_set_uses_its_own_name_and_makes_no_key_unasked(tmp_path: Path) -> None:
    store = shop(tmp_path)
    assert not (tmp_path / "data" / ".keys").exists()
    store.hashed_id("007")
    assert (tmp_path / "data" / ".keys" / "shop").is_file()


@pytest.mark.parametrize(
    "text",
    [
        "anna.petrova@example.org",
        "write to <Анна@почта.рф>",
        "+7 (916) 123-45-67",
        "8 916 123 45 67",
        "8\u2011916\u2011123\u201145\u201167",
        "tel:89161234567",
        "card 4276 1234 5678 9012",
    ],
)
def test_redacted_hides_contacts(text: str) -> None:
    said = redacted(text)
    assert "[hidden]" in said
    assert "@" not in said
    assert not any(digit in said for digit in "0123456789")


@pytest.mark.parametrize(
    "text",
    ["sum 12345.60 differs from 12345.61", "2017-12-31 18:30:00 to 2018-01-01", "line 123456, 40 rows"],
)
def test_redacted_leaves_dates_and_amounts(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize("text", ["no row for 'Анна Петрова'", 'no "Anna"', "клиент «Анна Петрова»"])
def test_without_values_hides_what_is_quoted(text: str) -> None:
    said = without_values(text)
    assert "[hidden]" in said
    assert not any(name in said for name in ("Анна", "Anna", "Петрова"))


def test_without_values_keeps_columns_and_files() -> None:
    text = "'order_id' of \"data/sales.csv\" in 'NotEnough'"
    assert without_values(text) == text


def raised(message: str, cause: Exception | None = None) -> Exception:
    try:
        raise ValueError(message) from cause
    except ValueError as error:
        return error


def test_safe_traceback_keeps_the_code_and_hides_the_rows() -> None:
    row = "bad value 'Anna Petrova'\nOriginal line: Anna,Petrova,+79161234567"
    said = safe_traceback(raised("second anna@example.org", raised(row)))
    assert said.index("ValueError: bad value '[hidden]'\n") < said.index("ValueError: second [hidden]\n")
    assert said.count("raise ValueError(message) from cause") == 2
    assert not any(trace in said for trace in ("Anna", "Petrova", "916", "@"))
