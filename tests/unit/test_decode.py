"""The encoding of a file is found by its bytes, and only when its text reads as Arabic."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from annotation.ingest.decode import ARABIC_CODECS, damaged, detect, looks_arabic
from annotation.ingest.source import RefusedError, Source
from schemas.ledger import Reason

HEADLINES = (
    "بكين تحذر واشنطن",
    "تصعيد جديد",
    "بايدن يلتقي شي في سان فرانسيسكو",
    "الصين: عقوبات جديدة",
    "مقتل جنديين شمال غزة",
    "هل تنجح الوساطة؟",
    "زلزال بقوة 6.1 يضرب اليابان",
    "TikTok أمام المحكمة العليا مجددا",
    "تأجيل محادثات جنيف إلى 12/06/2023",
    "بوتين وشي يبحثان التعاون",
)
PARAGRAPH = (
    "قالت وزارة الخارجية، الاثنين، إن الحوار مستمر؛ فهل يعود الطرفان إلى طاولة Huawei في 15 يونيو "
    "2023؟ وأضافت: وفد يضم 12 خبيرا سيصل قريبا (بحسب Reuters).\r\nورفضت السفارة التعليق!\r\n"
)
FOREIGN = (
    ("Le président américain a déclaré à la télévision que tout était terminé.", "cp1252"),
    ("Die Außenministerin prüft Maßnahmen für die Übergangszeit und möchte", "latin1"),
    ("Президент заявил, что переговоры продолжатся на следующей неделе", "cp1251"),
    ("Президент заявил, что переговоры продолжатся на следующей неделе", "koi8-r"),
    ("Ο πρωθυπουργός δήλωσε ότι οι συνομιλίες θα συνεχιστούν", "iso8859_7"),
    ("שר החוץ אמר כי השיחות יימשכו בשבוע הבא", "cp1255"),
    ("Dışişleri Bakanı görüşmelerin süreceğini söyledi, ığşçö", "cp1254"),
)


def _source(folder: Path, data: bytes, name: str = "a.txt") -> Source:
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return Source(path, name)


def _found(folder: Path, data: bytes) -> str:
    return detect(_source(folder, data)).codec


@pytest.mark.parametrize("text", [*HEADLINES, PARAGRAPH])
@pytest.mark.parametrize("codec", ["cp1256", "iso8859_6", "cp720", "utf_16_le", "utf_16_be"])
def test_a_short_text_in_an_old_encoding_decodes_to_the_last_character(tmp_path, text, codec):
    if codec in ("iso8859_6", "cp720"):
        text = text.replace("؛", "،") if codec == "iso8859_6" else text.translate({1548: "-"})
    try:
        data = text.encode(codec)
    except UnicodeEncodeError:
        data = text.replace("؟", "").replace("؛", "").encode(codec)
        text = data.decode(codec)
    assert data.decode(_found(tmp_path, data)) == text


@pytest.mark.parametrize(
    "mark", ["«قال الوزير إن “الحوار” مستمر»…", "السعر 5€ – ٪ من الناتج\u200c"]
)
def test_the_signs_of_windows_1256_come_out_right(tmp_path, mark):
    text = f"قالت الوزارة في بيان إن {mark}"
    data = text.translate({0x066A: "%"}).encode("cp1256")
    assert data.decode(_found(tmp_path, data)) == text.translate({0x066A: "%"})


def test_a_macintosh_file_is_not_taken_for_iso_8859_6(tmp_path):
    assert (
        _found(tmp_path, "قالت الوزارة في بيان إن الحوار مستمر".encode("mac_arabic"))
        == "mac_arabic"
    )


@pytest.mark.parametrize("codec", ["utf-16", "utf-32", "utf-8-sig", "utf-8"])
def test_a_byte_order_mark_says_what_follows(tmp_path, codec):
    data = "نعم".encode(codec)
    assert data.decode(_found(tmp_path, data)).lstrip("\ufeff") == "نعم"


@pytest.mark.parametrize(("text", "codec"), FOREIGN)
def test_other_scripts_are_no_arabic_in_any_encoding(tmp_path, text, codec):
    with pytest.raises(RefusedError) as caught:
        detect(_source(tmp_path, text.encode(codec)))
    assert caught.value.reason is Reason.UNKNOWN_ENCODING


@pytest.mark.parametrize("data", [b"\x7fELF\x01\x00\x00", "نعم\x00لا".encode(), b"\x00" * 100])
def test_nul_bytes_that_are_no_wide_arabic_are_a_binary_file(tmp_path, data):
    with pytest.raises(RefusedError) as caught:
        detect(_source(tmp_path, data))
    assert caught.value.reason is Reason.BINARY_FILE


def test_a_file_of_utf_8_with_a_few_damaged_bytes_stays_utf_8(tmp_path):
    data = "قال نعم\n".encode() * 50 + b"\xc7\xe1\n" + "قال لا\n".encode() * 50
    found = detect(_source(tmp_path, data))
    assert found.codec == "utf-8"
    assert found.damage == (51, "byte 0xc7")


@pytest.mark.parametrize("ascii_before", [0, 1 << 21])
def test_arabic_that_begins_late_in_a_large_file_is_found(tmp_path, ascii_before):
    data = b"x,y\n" * (ascii_before // 4) + (PARAGRAPH * 20).encode("cp1256")
    assert _found(tmp_path, data) == "cp1256"


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_character_across_two_pieces_of_the_file_is_no_damage(tmp_path, size):
    assert detect(_source(tmp_path, b"x" * size + "نعم".encode())).damage is None


def test_the_last_byte_missing_is_damage(tmp_path):
    assert detect(_source(tmp_path, "قال\nنعم".encode()[:-1])).damage == (2, "byte 0xd9")


def test_a_compressed_file_is_judged_by_its_contents(tmp_path):
    source = _source(tmp_path, PARAGRAPH.encode("cp1256"), "a.txt.gz")
    assert detect(source).codec == "cp1256"


@pytest.mark.parametrize("right", ARABIC_CODECS[:4])
@pytest.mark.parametrize("wrong", ARABIC_CODECS[:4])
def test_a_text_does_not_look_arabic_in_the_wrong_encoding(right, wrong):
    if {right, wrong} <= {"iso8859_6", "mac_arabic"} or right == wrong:
        return
    data = "قالت الوزارة في بيان إن الحوار مستمر بين الطرفين منذ عام".encode(right)
    try:
        text = data.decode(wrong)
    except UnicodeDecodeError:
        return
    assert not looks_arabic(text)


def test_only_escaped_bytes_are_damage():
    assert damaged("نعم ABC \ufffd") is None
    assert damaged("نعم\udcff") == "byte 0xff"
