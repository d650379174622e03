"""What a real server hands out of a project that was used in every wrong way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from annotation.labelstudio.accounts import ensure_account, names_by_user
from annotation.labelstudio.api.client import ONCE, Connection, client_for
from annotation.labelstudio.api.snapshot import fetch, stream_export
from annotation.labelstudio.export import ExportReader
from annotation.labelstudio.managed.server import Server
from annotation.labelstudio.project import Project, make_project
from schemas.annotation import Annotation, Judgement
from schemas.article import Passage, passage_id
from schemas.codebook import Codebook
from schemas.errors import RecordError
from schemas.ledger import Ledger
from schemas.workspace import Workspace
from tests.exports import outcome

TEXT = "التقى وزير الخارجية لين هاو\u200f في بكين 😀 وواشنطن\r\nلبحث ملف تايوان."
PASSAGE = Passage(
    id=passage_id("a0", 0, len(TEXT)),
    article_id="a0",
    start=0,
    end=len(TEXT),
    text=TEXT,
    position=0,
)
Json = dict[str, Any]


def span(part: str, *labels: str, shift: int = 0, **more: object) -> Json:
    start = TEXT.index(part) + shift
    value = {"start": start, "end": start + len(part), "text": part, "labels": list(labels)}
    return region("labels", "entities", value, **more)


def region(kind: str, name: str, value: object, **more: object) -> Json:
    made = {"id": uuid4().hex[:10], "type": kind, "from_name": name, "to_name": "text"}
    return {**made, "value": value, **more}


def ticks(*choices: str) -> Json:
    return region("choices", "issues", {"choices": list(choices)})


MESS: list[Json] = [
    ticks("taiwan"),
    span("بكين", "GPE", hidden=True, locked=True, score=0.4, meta={"text": ["أهي المدينة؟"]}),
    span("واشنطن", "GPE", shift=1),  # UTF-16 units: one more after the emoji
    span("وزير الخارجية", "PERSON"),
    span("الخارجية لين هاو", "PERSON"),
    span("تايوان", "MOON"),
    span("تايوان"),
    span("تايوان", "GPE", "LOC"),
    span("تايوان", "GPE", shift=-3),
    region("labels", "entities", {"start": 5, "end": 900, "labels": ["GPE"]}),
    region("labels", "entities", {"start": 9, "end": 2, "labels": ["GPE"]}),
    region("taxonomy", "topic", {"taxonomy": [["a", "b"]]}),
    region("rating", "quality", {"rating": 4}),
    region("number", "count", {"number": 3}),
    region("datetime", "when", {"datetime": "2026-01-01"}),
    region("pairwise", "better", {"selected": "left"}),
    region("ranker", "order", {"ranker": {"_": ["a", "b"]}}),
    region(
        "hypertextlabels",
        "entities",
        {
            "start": "/p[1]/text()[1]",
            "end": "/p[1]/text()[1]",
            "startOffset": 1,
            "endOffset": 4,
            "globalOffsets": {"start": 1, "end": 4},
            "hypertextlabels": ["GPE"],
        },
    ),
    {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": []},
]


@pytest.fixture
def project(workspace: Workspace, connection: Connection) -> Iterator[tuple[Codebook, Project]]:
    codebook = workspace.codebook()
    made = make_project(connection, codebook, f"messy {uuid4().hex[:12]}", overlap=2)
    yield codebook, made
    connection.client.projects.delete(id=made.id, request_options=ONCE)


@pytest.fixture
def task(project: tuple[Codebook, Project], connection: Connection) -> int:
    """A task of the passage, and one that is not ours."""
    codebook, made = project
    data = {"text": TEXT, "title": "", "previous": "", "next": "", "url": "", "note": ""}
    ours = {**data, "ext_id": PASSAGE.id, "codebook": codebook.hash}
    tasks: Any = [{"data": ours}, {"data": {**data, "text": "نص آخر"}}]
    answer = connection.client.projects.import_tasks(
        id=made.id, request=tasks, return_task_ids=True, request_options=ONCE
    )
    return int((answer.task_ids or [0])[0])


def annotate(
    server: Server, connection: Connection, task: int, who: str, *result: Json, **more: Any
) -> None:
    account = ensure_account(server, connection, who)
    client = client_for(server.url, account.token)
    client.annotations.create(id=task, result=list(result), request_options=ONCE, **more)


def read(
    project: tuple[Codebook, Project], connection: Connection
) -> tuple[list[Annotation], Ledger]:
    codebook, made = project
    ledger = Ledger()
    reader = ExportReader(codebook, [PASSAGE], names_by_user(connection), ledger)
    return reader.read(fetch(connection, made)), ledger


def exported(connection: Connection, project: Project, kind: str) -> bytes:
    answer = httpx.get(
        f"{connection.url}/api/projects/{project.id}/export",
        params={"exportType": kind, "download_all_tasks": "true"},
        headers=connection.client._client_wrapper.get_headers(),
        timeout=120,
    )
    assert answer.status_code == httpx.codes.OK
    return answer.content


def test_a_messy_annotation_is_taken_as_far_as_it_can_be_and_the_rest_is_coded(
    server: Server, connection: Connection, project: tuple[Codebook, Project], task: int
) -> None:
    annotate(server, connection, task, "messy1", *MESS, lead_time=3.5, ground_truth=True)
    (found,), ledger = read(project, connection)
    assert [TEXT[s.start : s.end] for s in found.spans] == ["الخارجية لين هاو", "بكين", "وواشنطن"]
    assert found.issues["taiwan"] is Judgement.PRESENT
    assert found.comment == "«بكين»: أهي المدينة؟"
    issues = len(project[0].issue_ids)
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "tasks rejected foreign_task": 1,
        "annotations repaired lost_parts": 1,
        "issue decisions accepted": issues,
        "spans accepted": 2,
        "spans repaired utf16_offsets": 1,
        "spans rejected span_overlap": 1,
        "spans rejected unknown_label": 1,
        "spans rejected span_without_label": 1,
        "spans rejected several_labels": 1,
        "spans rejected text_mismatch": 1,
        "spans rejected offset_out_of_range": 2,
        "spans rejected unknown_control": 6,
        "spans rejected foreign_offsets": 1,
        "spans rejected relation": 1,
    }
    assert len(ledger.rejects) == 1 + 15


def test_a_coder_who_annotates_twice_skips_and_leaves_a_draft_is_counted_each_time(
    server: Server, connection: Connection, project: tuple[Codebook, Project], task: int
) -> None:
    annotate(server, connection, task, "messy1", ticks("taiwan"))
    annotate(server, connection, task, "messy1", ticks("none_of_these"), span("بكين", "GPE"))
    annotate(server, connection, task, "messy2", ticks("taiwan"), was_cancelled=True)
    annotate(server, connection, task, "messy2")
    drafts = client_for(server.url, ensure_account(server, connection, "messy2").token)
    answer = drafts._client_wrapper.httpx_client.request(  # the SDK has no call for drafts
        f"api/tasks/{task}/drafts", method="POST", json={"result": [ticks("taiwan")]}
    )
    assert answer.status_code == httpx.codes.CREATED
    found, ledger = read(project, connection)
    assert {a.annotator for a in found} == {"messy1"}
    issues = len(project[0].issue_ids)
    assert outcome(ledger) == {
        "tasks accepted": 1,
        "tasks rejected foreign_task": 1,
        "annotations accepted": 2,
        "annotations accepted annotated_again": 1,
        "annotations rejected skipped": 1,
        "annotations rejected empty_annotation": 1,
        "annotations pending draft": 1,
        "issue decisions accepted": 2 * issues,
        "spans accepted": 1,
    }


def test_an_export_in_another_format_is_refused_by_its_name(
    server: Server,
    connection: Connection,
    project: tuple[Codebook, Project],
    task: int,
    tmp_path: Path,
) -> None:
    annotate(server, connection, task, "messy1", ticks("taiwan"), span("بكين", "GPE"))
    path = tmp_path / "export"
    said = {}
    for kind in ("JSON_MIN", "CSV", "TSV", "CONLL2003"):
        path.write_bytes(exported(connection, project[1], kind))
        with pytest.raises(RecordError, match="export the project as JSON") as caught:
            list(stream_export(path))
        said[kind] = str(caught.value)
    assert "JSON-MIN" in said["JSON_MIN"]
    assert "it looks like CSV or TSV" in said["CSV"]
    assert "it looks like CSV or TSV" in said["TSV"]
    assert "a CoNLL file" in said["CONLL2003"]


def test_the_plain_json_export_reads_as_the_snapshot_does(
    server: Server,
    connection: Connection,
    project: tuple[Codebook, Project],
    task: int,
    tmp_path: Path,
) -> None:
    annotate(server, connection, task, "messy1", *MESS)
    path = tmp_path / "export.json"
    path.write_bytes(exported(connection, project[1], "JSON"))
    ledger = Ledger()
    reader = ExportReader(project[0], [PASSAGE], names_by_user(connection), ledger)
    found, expected = reader.read(stream_export(path)), read(project, connection)
    assert found == expected[0]
    assert outcome(ledger) == outcome(expected[1])
