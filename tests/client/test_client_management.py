"""The whole of a service managed by the SDK: made, waited for, read, changed, removed."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from server_processes import DroppingProxy, ServerProcess
from speech import SAMPLES

import attune
from attune.client import (
    AsyncManagement,
    Dataset,
    Endpoint,
    Evaluation,
    Job,
    Keyword,
    Management,
    Model,
    Project,
    Recognizer,
    RefusedError,
    Transcription,
    Upload,
    WorkFailed,
)
from attune.errors import InputError

pytestmark = pytest.mark.slow  # jobs run

SENTENCES = "turn on the extractor hood\npreheat the oven to two hundred degrees\n"
RECORDINGS = {
    "weather.wav": "Will it rain in the afternoon?",
    "command.flac": "Turn on the light in the kitchen, and close the front door.",
}


@pytest.fixture(scope="module")
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.url, server.key) as one:
        yield one


@dataclass(frozen=True)
class World:
    """A project with one of everything."""

    project: Project
    sentences: Dataset
    recordings: Dataset
    model: Model
    keyword: Keyword
    evaluation: Evaluation
    transcription: Transcription
    endpoint: Endpoint
    told: list[Job]


def zipped(recordings: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in recordings:
            archive.write(SAMPLES / name, name)
        lines = [f"{name}\t{text}\n" for name, text in recordings.items()]
        archive.writestr("trans.txt", "".join(lines))
    return content.getvalue()


@pytest.fixture(scope="module")
def world(management: Management) -> World:
    """Everything is begun, then waited for: jobs run side by side."""
    told: list[Job] = []
    project = management.create_project("Kitchen", description="for tests", custom={"team": "a"})
    keyword = management.create_keyword(project, ["hey atlas"])
    transcription = management.create_transcription(
        "batch", [SAMPLES / "weather.wav"], project=project, word_times=True
    )
    (base,) = management.base_models()
    sentences = management.create_dataset(project, "recipes", "Language", text=SENTENCES)
    recordings = management.create_dataset(
        project, "voices", "Acoustic", zipped(RECORDINGS), file_name="voices.zip"
    )
    sentences, recordings = management.wait(sentences), management.wait(recordings)
    model = management.create_model(project, "words", datasets=[sentences])
    evaluation = management.create_evaluation(project, "test", recordings, base)
    return World(
        project,
        sentences,
        recordings,
        management.wait(model, timeout=600, progress=told.append),
        management.wait(keyword),
        management.wait(evaluation),
        management.wait(transcription),
        management.create_endpoint(project, "kitchen", base, logging=True, max_streams=3),
        told,
    )


def test_everything_is_made(world: World, management: Management) -> None:
    assert (world.project.description, world.project.custom) == ("for tests", {"team": "a"})
    assert (world.sentences.passed, world.sentences.kind) == (2, "Language")
    assert (world.recordings.passed, world.recordings.failed) == (2, 0)
    assert world.recordings.seconds == pytest.approx(6.77, abs=0.1)
    assert world.model.dataset_ids == (world.sentences.id,)
    assert world.model.card
    assert world.keyword.phrases == {"hey atlas": ("HH EY | AE T L AH S",)}
    assert 0.0 <= world.evaluation.figures["wordErrorRate1"] < 0.3
    assert world.endpoint.max_streams == 3 and world.endpoint.logging
    counted = management.project(world.project)
    assert (counted.datasets, counted.evaluations) == (2, 1)
    assert counted.models >= 1


def test_progress_is_told(world: World) -> None:
    assert world.told[-1].status == "Succeeded"
    assert world.told[-1].subject_id == world.model.id
    steps = [job.progress for job in world.told]
    assert steps == sorted(steps) and steps[-1] == 1.0


def test_data_can_be_read(world: World, management: Management, tmp_path: Path) -> None:
    assert list(management.dataset_lines(world.sentences)) == SENTENCES.splitlines()
    texts = [each.text for each in management.utterances(world.recordings)]
    assert sorted(texts) == sorted(RECORDINGS.values())
    (rain,) = management.utterances(world.recordings, text="rain")
    audio = management.utterance_audio(world.recordings, rain.number, tmp_path / "rain.flac")
    assert attune.load().transcribe(audio).text == RECORDINGS["weather.wav"]
    assert management.dataset_report(world.recordings)
    content = management.download_dataset(world.recordings, tmp_path / "voices.zip")
    assert "manifest.tsv" in zipfile.ZipFile(content).namelist()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_transcripts_can_be_put_right(world: World, management: Management) -> None:
    (rain,) = management.utterances(world.recordings, text="rain")
    second = management.wait(
        management.correct_utterances(world.recordings, {rain.number: "Will it snow?"})
    )
    assert (second.version, second.series_id) == (2, world.recordings.series_id)
    versions = [each.version for each in management.dataset_versions(world.recordings)]
    assert versions == [2, 1]
    assert [each.id for each in management.datasets(world.project)].count(second.id) == 1
    third = management.wait(management.add_version(world.sentences, text="preheat the oven\n"))
    assert (third.version, third.passed) == (2, 1)


def test_models_can_be_taken_away(world: World, management: Management, tmp_path: Path) -> None:
    bundle = management.download_model(world.model, tmp_path / "words.attune.zip")
    assert attune.load(bundle).transcribe(SAMPLES / "weather.wav").text
    assert management.model_manifest(world.model)["kind"] == "recognizer"
    lineage = [each.id for each in management.model_lineage(world.model)]
    assert lineage == [world.model.base_id]
    assert [each.id for each in management.model_children(lineage[0])] == [world.model.id]
    assert list(management.training_curve(world.model)) == []


def test_keywords_can_be_judged_and_taken_away(
    world: World, management: Management, tmp_path: Path
) -> None:
    held = management.project(world.project.id)
    assert (held.models, held.keywords) == (1, 1)
    assert management.keyword_guidance("hey atlas")["pronunciations"]
    bundle = management.download_keyword(world.keyword, tmp_path / "hey-atlas.zip")
    assert [one.text for one in attune.load_keyword(bundle).phrases] == ["hey atlas"]
    (curve,) = management.keyword_curve(world.keyword)
    assert (curve.phrase, curve.sensitivity) == ("hey atlas", 0.5) and curve.points
    voices = list(management.keyword_voices())
    if voices:
        assert management.say_keyword("hey atlas").startswith(b"RIFF")


def test_evaluations_can_be_looked_through(
    world: World, management: Management, tmp_path: Path
) -> None:
    every = list(management.tested_utterances(world.evaluation))
    assert sorted(each.number for each in every) == [1, 2]
    wrong = list(management.tested_utterances(world.evaluation, edits=["substitution"]))
    assert [each.models[0]["substitutions"] for each in wrong] == [1]
    table = management.export_evaluation(world.evaluation, tmp_path / "test.csv", "csv")
    assert len(table.read_text("utf-8").splitlines()) == 3


def test_batches_can_be_read(world: World, management: Management) -> None:
    files = {file.kind: file for file in management.transcription_files(world.transcription)}
    assert set(files) == {"Transcription", "TranscriptionReport"}
    result = management.transcription_result(files["Transcription"])
    assert result["combinedRecognizedPhrases"][0]["display"] == RECORDINGS["weather.wav"]
    report = management.transcription_result(files["TranscriptionReport"])
    assert report["successfulTranscriptionsCount"] == 1


def test_an_endpoint_serves_is_swapped_and_learns(
    world: World, management: Management, server: ServerProcess, tmp_path: Path
) -> None:
    with Recognizer(server.url, server.key, endpoint=world.endpoint.id) as recognizer:
        for _ in recognizer.listen(SAMPLES / "weather.wav"):
            pass
    assert management.endpoint_traffic(world.endpoint)["finals"] == 1
    swapped = management.update_endpoint(world.endpoint, model=world.model, retention_days=3)
    assert swapped.shares == {world.model.id: 1.0}
    assert (swapped.retention_days, swapped.max_streams) == (3, 3)
    (base,) = management.base_models()
    split = management.split_endpoint(world.endpoint, {base.id: 90, world.model.id: 10})
    assert split.shares == {base.id: 90.0, world.model.id: 10.0}

    (entry,) = management.logs(world.endpoint)
    assert entry.text == RECORDINGS["weather.wav"] and entry.corrected is None
    assert management.correct_log(entry, "Will it rain?").corrected == "Will it rain?"
    assert [each.id for each in management.logs(world.endpoint, corrected=True)] == [entry.id]
    assert management.log_audio(entry, tmp_path / "log.flac").stat().st_size > 1000
    learnt = management.wait(management.dataset_of_logs(world.endpoint, "heard"))
    assert [each.text for each in management.utterances(learnt)] == ["Will it rain?"]
    management.delete_log(entry)
    assert list(management.logs(world.endpoint)) == []


def test_keys_and_tokens(world: World, management: Management, server: ServerProcess) -> None:
    made = management.create_key("tablet", "recognise", project=world.project)
    assert made.secret not in repr(made)
    assert made.key.project_id == world.project.id
    known = list(management.keys())
    assert made.key in known
    with Management(server.url, made.secret) as tablet:
        with pytest.raises(RefusedError) as caught:
            tablet.create_project("no")
        assert (caught.value.status, caught.value.code) == (403, "Forbidden")
        token = tablet.issue_token(60)
    assert token.expires_in == 60
    with Recognizer(server.url, token=token.token) as recognizer:
        assert recognizer.transcribe(SAMPLES / "weather.wav").text == RECORDINGS["weather.wav"]
    management.revoke_key(made.key)
    with Recognizer(server.url, made.secret) as recognizer, pytest.raises(RefusedError):
        recognizer.transcribe(SAMPLES / "weather.wav")
    actions = [entry.action for entry in management.audit(subject=made.key)]
    assert len(actions) == 2


def test_lists_go_over_pages(management: Management) -> None:
    names = {f"page {number:03}" for number in range(103)}
    projects = [management.create_project(name) for name in sorted(names)]
    listed = list(management.projects(filter="displayName ge 'page'", order="displayName"))
    assert [each.name for each in listed if each.name in names] == sorted(names)
    for project in projects:
        management.delete_project(project)


def test_things_can_be_renamed(world: World, management: Management) -> None:
    assert management.update_project(world.project, name="Galley").name == "Galley"
    assert management.update_project(world.project, name="Kitchen").description == "for tests"
    assert management.update_dataset(world.sentences, description="food").description == "food"
    assert management.update_model(world.model, custom={"a": "b"}).custom == {"a": "b"}
    assert management.update_keyword(world.keyword, name="call").name == "call"
    assert management.update_evaluation(world.evaluation, name="trial").name == "trial"
    assert management.update_transcription(world.transcription, name="calls").name == "calls"


def test_work_that_fails_says_why(world: World, management: Management) -> None:
    bad = management.create_dataset(
        world.project, "bad", "Acoustic", b"no zip at all", file_name="bad.zip"
    )
    with pytest.raises(WorkFailed) as caught:
        management.wait(bad)
    assert caught.value.made.status == "Failed"
    assert caught.value.made.reason and caught.value.made.reason in str(caught.value)


def test_waiting_has_an_end(world: World, management: Management) -> None:
    slow = management.create_model(world.project, "slow", text=SENTENCES)
    with pytest.raises(TimeoutError, match="slow"):
        management.wait(slow, timeout=0.0)
    (job,) = management.jobs(subject=slow)
    management.cancel_job(job)
    with pytest.raises(WorkFailed, match="cancel"):
        management.wait(slow, timeout=60)
    assert management.job(job).cancelled
    assert isinstance(list(management.job_events(job)), list)


def test_what_is_not_there_is_refused(management: Management) -> None:
    with pytest.raises(RefusedError, match="project") as caught:
        management.project("11111111-1111-1111-1111-111111111111")
    assert (caught.value.status, caught.value.code) == (404, "NotFound")
    with pytest.raises(InputError, match="one of content"):
        management.create_dataset("x", "none", "Language")


def test_texts_are_checked_while_they_are_written(management: Management) -> None:
    found = management.validate_text("Language", SENTENCES)
    assert (found["passed"], found["failed"]) == (2, 0)
    before = [each["before"] for each in management.preview_text("Language", SENTENCES)]
    assert before == SENTENCES.splitlines()


def test_an_upload_survives_dropped_connections(server: ServerProcess) -> None:
    content = bytes(range(256)) * 4096 * 40  # 40 MB, in five pieces
    proxy = DroppingProxy(server.port)
    told: list[int] = []

    def progress(upload: Upload) -> None:
        told.append(upload.received)
        if len(told) in (2, 3):
            proxy.drop_soon()

    try:
        with Management(proxy.url, server.key) as management:
            upload = management.upload(content, name="forty.bin", progress=progress)
    finally:
        proxy.close()
    assert upload.complete and upload.received == len(content)
    assert told[-1] == len(content) and told == sorted(told)
    assert proxy.connections >= 2


def test_an_upload_is_gone_on_with_by_another_program(
    management: Management, tmp_path: Path
) -> None:
    path = tmp_path / "long.txt"
    path.write_bytes(b"a" * (20 << 20))

    class Stopped(Exception):
        pass

    begun: list[Upload] = []

    def stop(upload: Upload) -> None:
        begun.append(upload)
        raise Stopped

    with pytest.raises(Stopped):
        management.upload(path, progress=stop)
    assert 0 < begun[0].received < begun[0].size
    assert management.upload_state(begun[0]) == begun[0]
    with pytest.raises(InputError, match="bytes"):
        management.resume_upload(begun[0], b"other")
    assert management.resume_upload(begun[0], path).complete


def test_asyncio(world: World, server: ServerProcess) -> None:
    async def manage() -> None:
        async with AsyncManagement(server.url, server.key) as management:
            project, models = await asyncio.gather(
                management.project(world.project),
                collected(management),
            )
            assert project.name == "Kitchen"
            assert "words" in [model.name for model in models]
            made = await management.create_dataset(project, "more", "Language", text=SENTENCES)
            told: list[Any] = []
            assert (await management.wait(made, progress=told.append)).passed == 2
            assert told
            await management.delete_dataset(made)
            with pytest.raises(RefusedError):
                await management.dataset(made)

    async def collected(management: AsyncManagement) -> list[Model]:
        return [model async for model in management.models(world.project)]

    asyncio.run(manage())


def test_everything_can_be_removed(world: World, management: Management) -> None:
    management.delete_endpoint(world.endpoint)
    management.delete_transcription(world.transcription)
    management.delete_project(world.project)
    with pytest.raises(RefusedError):
        management.model(world.model)
    assert json.dumps(world.endpoint.links)
