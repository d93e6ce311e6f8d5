"""The whole of the loop by REST: from recordings to an endpoint, to its logs, to a better model."""

from __future__ import annotations

import csv
import io
import json
import wave
import zipfile
from typing import Any

import httpx
import pytest
from rest import SAMPLES, V3, Rest, archive
from running import RunningServer


def id_of(thing: dict[str, Any]) -> str:
    return str(thing["self"]).rpartition("/")[2]


def reference(thing: dict[str, Any]) -> dict[str, str]:
    return {"self": thing["self"]}


@pytest.fixture(scope="module")
def project(rest: Rest) -> dict[str, str]:
    return rest.project("Loop")


@pytest.fixture(scope="module")
def recordings(rest: Rest, project: dict[str, str]) -> dict[str, Any]:
    """The samples as an acoustic data set."""
    form = {"displayName": "Samples", "kind": "Acoustic", "project": project["self"]}
    files = {"data": ("samples.zip", archive(), "application/zip")}
    made = rest.call("POST", f"{V3}/datasets/upload", 201, data=form, files=files)
    return rest.done(made)


@pytest.fixture(scope="module")
def model(rest: Rest, project: dict[str, str]) -> dict[str, Any]:
    """A recogniser that knows a word more."""
    body = {
        "displayName": "Kitchen words",
        "project": project,
        "locale": "en-US",
        "text": "preheat the gastronator\nopen the gastronator door\n",
    }
    return rest.done(rest.post(f"{V3}/models", body))


@pytest.fixture(scope="module")
def endpoint(rest: Rest, project: dict[str, str], model: dict[str, Any]) -> dict[str, Any]:
    body = {
        "displayName": "Kitchen",
        "project": project,
        "model": reference(model),
        "properties": {"loggingEnabled": True, "retentionDays": 3},
    }
    made: dict[str, Any] = rest.post(f"{V3}/endpoints", body)
    return made


def test_recordings_are_imported_listed_and_played(rest: Rest, recordings: dict[str, Any]) -> None:
    assert recordings["properties"]["acceptedLineCount"] == 4
    files = {file["kind"]: file for file in rest.get(recordings["links"]["files"])["values"]}
    assert files.keys() == {"AcousticDataArchive", "DatasetReport"}
    archived = files["AcousticDataArchive"]
    assert rest.get(archived["self"])["properties"]["size"] == len(archive())
    assert rest.get(archived["links"]["contentUrl"]) == archive()
    assert b"<html" in rest.get(files["DatasetReport"]["links"]["contentUrl"])
    own = f"/attune/v1/datasets/{id_of(recordings)}"
    assert rest.get(f"{own}/report")["passed"] == 4
    page = rest.get(f"{own}/utterances", params={"top": 3})
    assert [each["number"] for each in page["values"]] == [1, 2, 3]
    following = rest.get(page["@nextLink"])
    assert len(following["values"]) == 1 and "@nextLink" not in following
    audio = page["values"][0]["audioUrl"]
    whole = rest.client.get(audio)
    part = rest.client.get(audio, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.content)}"
    assert rest.client.get(audio, headers={"Range": "bytes=-4"}).content == whole.content[-4:]
    beyond = rest.client.get(audio, headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    with zipfile.ZipFile(io.BytesIO(rest.get(f"{own}/content"))) as content:
        assert "manifest.tsv" in content.namelist()


def test_a_mended_transcript_is_a_new_version(rest: Rest, recordings: dict[str, Any]) -> None:
    own = f"/attune/v1/datasets/{id_of(recordings)}"
    body = {"corrections": [{"number": 1, "text": "open the door"}, {"number": 2, "text": None}]}
    made = rest.post(f"{own}/corrections", body)
    assert (made["status"], made["properties"]["version"]) == ("Succeeded", 2)
    listed = rest.get(f"/attune/v1/datasets/{id_of(made)}/utterances")["values"]
    assert len(listed) == 3 and listed[0]["text"] == "open the door"
    versions = rest.get(f"{own}/versions")["values"]
    assert [one["properties"]["version"] for one in versions] == [2, 1]
    latest = rest.get("/attune/v1/datasets", params={"project": id_of(recordings["project"])})
    assert [one["self"] for one in latest["values"]] == [made["self"]]
    rest.delete(made["self"])
    rest.get(made["self"], 404)


def test_blocks_are_put_together(rest: Rest, project: dict[str, str]) -> None:
    body = {"displayName": "Blocks", "kind": "Language", "project": project, "locale": "en-US"}
    made = rest.post(f"{V3}/datasets", body)
    assert made["status"] == "NotStarted"
    for name, content in (("b", b"world\n"), ("a", b"hello ")):
        rest.call("PUT", f"{made['self']}/blocks", 201, params={"blockid": name}, content=content)
    waiting = rest.get(f"{made['self']}/blocks")["uncommittedBlocks"]
    assert {one["name"]: one["size"] for one in waiting} == {"a": 6, "b": 6}
    blocks = [{"kind": "Latest", "id": "a"}, {"kind": "Latest", "id": "b"}]
    rest.post(f"{made['self']}/blocks:commit", blocks, 202)
    rest.done(made)
    lines = rest.get(f"/attune/v1/datasets/{id_of(made)}/lines")["values"]
    assert lines == ["hello world"]


def test_models_have_lineage_card_and_bundle(rest: Rest, model: dict[str, Any]) -> None:
    own = f"/attune/v1/models/{id_of(model)}"
    assert model["properties"]["card"]
    (base,) = rest.get(f"{own}/lineage")["values"]
    assert id_of(base) == id_of(model["baseModel"])
    children = rest.get(f"/attune/v1/models/{id_of(base)}/children")["values"]
    assert model["self"] in [child["self"] for child in children]
    assert rest.get(f"{own}/curve")["values"] == []
    assert rest.get(model["links"]["manifest"])["kind"] == "recognizer"
    (file,) = rest.get(model["links"]["files"])["values"]
    bundle = rest.get(file["links"]["contentUrl"])
    with zipfile.ZipFile(io.BytesIO(bundle)) as content:
        assert json.loads(content.read("bundle.json"))["kind"] == "recognizer"
    assert rest.get(base["self"])["displayName"] == base["displayName"]
    assert rest.get(base["links"]["manifest"])["kind"] == "recognizer"


def test_two_models_are_compared(
    rest: Rest, project: dict[str, str], recordings: dict[str, Any], model: dict[str, Any]
) -> None:
    body = {
        "displayName": "Against the base",
        "project": project,
        "locale": "en-US",
        "dataset": reference(recordings),
        "model1": model["baseModel"],
        "model2": reference(model),
        "customProperties": {"testingKind": "Evaluation"},
    }
    made = rest.post(f"{V3}/evaluations", body)
    assert made["properties"]["wordErrorRate1"] == -1
    found = rest.done(made)
    assert found["properties"]["wordErrorRate2"] < 0.6
    assert found["properties"]["sentenceCount1"] == 4
    own = f"/attune/v1/evaluations/{id_of(made)}"
    listed = rest.get(f"{own}/utterances", params={"sort": "wer"})["values"]
    assert len(listed) == 4 and len(listed[0]["models"]) == 2
    wrong = {"edit": ["substitution", "deletion", "insertion"], "model": 2}
    for one in rest.get(f"{own}/utterances", params=wrong)["values"]:
        assert any(word["edit"] != "correct" for word in one["models"][1]["alignment"])
    one = rest.get(f"{own}/utterances/1")
    assert one["reference"] and rest.get(one["audioUrl"])
    rest.get(f"{own}/utterances/99", 404)
    kinds = {file["kind"]: file for file in rest.get(found["links"]["files"])["values"]}
    table = rest.get(kinds["EvaluationTable"]["links"]["contentUrl"]).decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(table)))) == 4
    details = rest.get(kinds["EvaluationDetails"]["links"]["contentUrl"])
    assert details["testing_kind"] == "evaluation"
    assert details == rest.get(f"{own}/export")
    rest.delete(recordings["self"], 409)


def test_what_is_heard_makes_the_next_data_set(
    rest: Rest, server: RunningServer, endpoint: dict[str, Any], model: dict[str, Any]
) -> None:
    audio = (SAMPLES / "weather.wav").read_bytes()
    answer = rest.client.post(
        endpoint["links"]["restConversation"],
        params={"cid": id_of(endpoint), "language": "en-US"},
        content=audio,
        headers={"Content-Type": "audio/wav"},
    )
    assert answer.status_code == 200, answer.text
    server.service.recognition.flush_content_log()
    (kept,) = rest.get(endpoint["links"]["logs"])["values"]
    assert rest.get(kept["links"]["contentUrl"])[:4] == b"fLaC"
    own = f"/attune/v1/endpoints/{id_of(endpoint)}"
    (entry,) = rest.get(f"{own}/logs", params={"corrected": False})["values"]
    assert id_of(entry["model"]) == id_of(model) and entry["text"]
    rest.patch(entry["self"], {"corrected": "it may rain tomorrow"})
    assert rest.get(entry["self"])["corrected"] == "it may rain tomorrow"
    made = rest.done(rest.post(f"{own}/logs/dataset", {"displayName": "Heard"}))
    (heard,) = rest.get(f"/attune/v1/datasets/{id_of(made)}/utterances")["values"]
    assert heard["text"] == "it may rain tomorrow"
    assert rest.get(f"{own}/traffic")["audio"] > 1
    rest.delete(kept["self"])
    rest.delete(endpoint["links"]["logs"])
    assert rest.get(endpoint["links"]["logs"])["values"] == []


def test_models_are_swapped_and_share_traffic(
    rest: Rest, endpoint: dict[str, Any], model: dict[str, Any]
) -> None:
    shares = [
        {"model": model["baseModel"], "weight": 90},
        {"model": reference(model), "weight": 10},
    ]
    own = f"/attune/v1/endpoints/{id_of(endpoint)}/models"
    split = rest.call("PUT", own, json={"models": shares})
    assert [share["weight"] for share in split["models"]] == [90, 10]
    assert id_of(split["model"]) == id_of(model["baseModel"])
    swapped = rest.patch(
        endpoint["self"],
        {"model": reference(model), "properties": {"maxStreams": 2, "loggingEnabled": False}},
    )
    assert [id_of(share["model"]) for share in swapped["models"]] == [id_of(model)]
    assert swapped["properties"] == {
        "loggingEnabled": False,
        "retentionDays": 3,
        "maxStreams": 2,
    }
    rest.delete(model["self"], 409)


def test_a_batch_is_transcribed(rest: Rest, project: dict[str, str]) -> None:
    single = rest.upload("weather.wav", (SAMPLES / "weather.wav").read_bytes())
    container = rest.upload("more.zip", archive(2, transcripts=False))
    body = {
        "displayName": "Monday",
        "locale": "en-US",
        "project": project,
        "uploads": [single, container],
        "properties": {"wordLevelTimestampsEnabled": True, "timeToLive": "PT12H"},
    }
    made = rest.done(rest.post(f"{V3}/transcriptions", body))
    files = rest.get(made["links"]["files"])["values"]
    assert [file["kind"] for file in files].count("Transcription") == 3
    (report,) = [file for file in files if file["kind"] == "TranscriptionReport"]
    told = rest.get(report["links"]["contentUrl"])
    assert (told["successfulTranscriptionsCount"], told["failedTranscriptionsCount"]) == (3, 0)
    result = rest.get(files[0]["links"]["contentUrl"])
    assert result["combinedRecognizedPhrases"][0]["lexical"]
    assert rest.get(files[0]["self"])["name"] == files[0]["name"]
    assert rest.patch(made["self"], {"displayName": "Tuesday"})["displayName"] == "Tuesday"
    rest.delete(made["self"])


def test_a_keyword_is_made(rest: Rest, project: dict[str, str]) -> None:
    guidance = rest.get("/attune/v1/keywords/guidance", params={"phrase": "hey atlas"})
    assert guidance["usable"] and guidance["pronunciations"][0]["id"] == "1"
    if rest.get("/attune/v1/keywords/voices")["values"]:
        spoken = rest.get("/attune/v1/keywords/say", params={"phrase": "hey atlas"})
        with wave.open(io.BytesIO(spoken)) as sound:
            assert sound.getnchannels() == 1
    body = {"project": project, "phrases": [{"text": "hey atlas", "pronunciations": ["1"]}]}
    made = rest.done(rest.post("/attune/v1/keywords", body))
    (curve,) = rest.get(made["links"]["curve"])["values"]
    assert curve["phrase"] == "hey atlas" and curve["hours"] > 1
    rates = [point["falseAcceptsPerHour"] for point in curve["points"]]
    heard = [point["correctAccepts"] for point in curve["points"]]
    assert rates == sorted(rates) and heard == sorted(heard) and heard[-1] > 0.5
    assert curve["positives"] == {"saidBy": "words", "count": 300}
    with zipfile.ZipFile(io.BytesIO(rest.get(made["links"]["bundle"]))) as bundle:
        assert json.loads(bundle.read("bundle.json"))["kind"] == "keyword"
    named = rest.patch(made["self"], {"displayName": "Atlas"})
    assert named["displayName"] == "Atlas"
    listed = rest.get("/attune/v1/keywords", params={"project": id_of(project)})["values"]
    assert [one["self"] for one in listed] == [made["self"]]
    # It is none of the models, which are recognisers.
    counts = rest.get(project["self"])["properties"]
    models = rest.get(f"{project['self']}/models")["values"]
    assert (counts["modelCount"], counts["keywordCount"]) == (len(models), 1)
    rest.delete(made["self"])
    assert rest.get(project["self"])["properties"]["keywordCount"] == 0


def test_jobs_tell_their_progress(rest: Rest, recordings: dict[str, Any]) -> None:
    (job,) = rest.get("/attune/v1/jobs", params={"subject": id_of(recordings)})["values"]
    assert (job["kind"], job["status"], job["progress"]) == ("import", "Succeeded", 1.0)
    assert rest.get(job["subject"]["self"])["self"] == recordings["self"]
    told = rest.get(f"{job['self']}/events")["values"]
    assert told and told[0]["name"] == "stage"
    assert len(rest.get(f"{job['self']}/events", params={"after": told[0]["id"]})["values"]) == (
        len(told) - 1
    )
    last = {"Last-Event-ID": str(told[-2]["id"])}
    with rest.client.stream("GET", f"{job['self']}/stream", headers=last) as stream:
        lines = [line for line in stream.iter_lines() if line.startswith(("event", "data"))]
    assert [line for line in lines if line.startswith("event")] == [
        "event: event",
        "event: job",
        "event: end",
    ]
    assert json.loads(lines[-1].removeprefix("data: "))["status"] == "Succeeded"
    rest.call("POST", f"{job['self']}/cancel", 409)


def test_keys_and_tokens_are_made_and_end(
    rest: Rest, server: RunningServer, project: dict[str, str]
) -> None:
    body = {"name": "Tablet", "scope": "manage", "project": project}
    made = rest.post("/attune/v1/keys", body)
    own = Rest(server, made["key"])
    assert [one["self"] for one in own.get(f"{V3}/projects")["values"]] == [project["self"]]
    own.post("/attune/v1/keys", {"name": "x"}, 403)
    # The key is for one project: it need not be named.
    text = {"displayName": "Own", "kind": "Language", "text": "stir the soup"}
    own.done(own.post("/attune/v1/datasets", text))
    token = own.post("/attune/v1/tokens", {"seconds": 60}, 200)
    held = {"Authorization": f"Bearer {token['token']}"}
    assert httpx.get(f"{server.url}{V3}/projects", headers=held).status_code == 200
    listed = rest.get("/attune/v1/keys")["values"]
    assert "key" not in listed[0] and made["id"] in [key["id"] for key in listed]
    rest.delete(made["self"])
    own.get(f"{V3}/projects", 401)
    assert httpx.get(f"{server.url}{V3}/projects", headers=held).status_code == 401
    own.client.close()
    told = rest.get("/attune/v1/audit", params={"subject": made["id"]})["values"]
    assert [entry["action"] for entry in told] == ["revoke", "create"]
