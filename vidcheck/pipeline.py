"""One function, :func:`analyze`: a file goes in, an :class:`~vidcheck.types.Analysis` comes out.

The command line, notebooks, batches and workers all call it. :data:`vidcheck.steps.STEPS` lists what runs, in order.

Each step is cached alone, under a key made of its version, its settings, its model and the keys of the steps it
builds on. A step that fails is recorded and never cached; steps that need it are recorded as skipped.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidcheck import camera, media, overlays, people, person_detectors, shots
from vidcheck.beside import Beside
from vidcheck.errors import EXIT_UNEXPECTED, InputError, NotPossible, VidcheckError
from vidcheck.kept_views import KeptPixels
from vidcheck.look_ahead import LAST, LookAhead
from vidcheck.shared_reading import SharedClip, SharedReading
from vidcheck.steps import STEPS, Counts, Found, Settings, Step, Timing
from vidcheck.store import StepCache, Stored, key_of
from vidcheck.timeline import Timeline
from vidcheck.types import SCHEMA_VERSION, Analysis, JsonObject, Source, StepResult, StepRun, Words
from vidcheck.versions import tool_versions

__all__ = ["STEPS", "Progress", "Settings", "analyze", "tool_versions"]

log = logging.getLogger(__name__)

Progress = Callable[[str, float], None]
"""Called with the name of the running step and the share of it that is done, 0..1."""

NOT_ASKED = Words("tidak diminta", "not asked for")
"""Why a step was skipped that ``Settings.only`` leaves out."""
_SCAN = ("shots", "people")  # the steps that see every frame and share one decoding pass


def analyze(
    path: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    workdir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    pixels: KeptPixels | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Analysis:
    """Analyse one clip or photo.

    Parameters
    ----------
    path:
        The file; it is only read.
    settings:
        What to do and how; None takes the defaults.
    workdir:
        Folder for the step cache; None keeps nothing.
    progress:
        Called while it runs.
    pixels:
        Filled with views of the people seen where the clip is decoded, for the pictures of a report
        (:func:`vidcheck.pictures.save_pictures`), which otherwise decodes it again; None keeps them no longer than
        steps need them.
    meanwhile:
        Called once in a thread, which may outlast this call: for loading what the caller needs next. Where the clip is
        decoded it waits until the text reader is loaded. What it raises is only logged.

    Returns
    -------
    Analysis
        With one :class:`~vidcheck.types.StepRun` for every step, whether it ran or not.

    Raises
    ------
    InputError
        Where the file is no usable clip.
    ModelError
        Where the detector is missing or altered.
    """
    settings = settings or Settings()
    tell = progress or (lambda step, share: None)
    with media.open_clip(path, settings.limits, sparing="people" in _with_needs(settings.only)) as clip:
        cache = StepCache(None if workdir is None else Path(workdir), clip.source.sha256)
        kept = KeptPixels() if pixels is None else pixels
        kept.begin(clip.source.sha256)
        run = _Run(clip, settings, cache, tell, kept, meanwhile or (lambda: None))
        try:
            run.scan()
            run.steps()
            run.skip_the_rest()
            return run.analysis()
        finally:
            if pixels is None:
                kept.forget()


@dataclass(frozen=True, slots=True)
class _Done:
    """A step that ended in its thread."""

    step: Step
    thread: threading.Thread
    result: StepResult[Any] | None
    error: Exception | None
    seconds: float


class _Run:
    """One analysis in progress."""

    def __init__(
        self,
        clip: media.Clip,
        settings: Settings,
        cache: StepCache,
        tell: Progress,
        pixels: KeptPixels,
        meanwhile: Callable[[], None],
    ) -> None:
        self._clip = clip
        self._meanwhile = meanwhile
        self._pixels = pixels
        self._settings = settings
        self._cache = cache
        self._tell = tell
        self._found = Found(clip, settings, clip.source)
        self._runs: dict[str, StepRun] = {}
        self._keys: dict[str, str] = {}
        self._wanted = _with_needs(settings.only)

    def scan(self) -> None:
        """Run the steps that see every frame, in one decoding pass, unless all of them are cached."""
        detector_hash = person_detectors.choose(self._settings.detect.model).sha256 if "people" in self._wanted else ""
        steps = {step.name: step for step in STEPS if step.name in _SCAN}
        for name, step in steps.items():
            model = detector_hash if name == "people" else ""
            self._keys[name] = self._key(step, model)
        source_key = key_of(version="1", limits=self._settings.limits)
        known = self._cache.load("source", source_key, Source)
        missing = [n for n in _SCAN if n in self._wanted and not self._load(steps[n])]
        if known is not None and not missing:
            # The name is the only part of the source that is not in the file's bytes.
            self._found.source = replace(known.value, path=self._clip.source.path)
            self._keys["source"] = source_key
            threading.Thread(target=self._load_for_caller, name="warm-up").start()
            return
        self._decode(missing)
        for step in STEPS:
            if step.prepare is not None and step.name in self._wanted:
                threading.Thread(target=step.prepare, args=(self._found,), name="warm-up").start()
        self._found.source = self._clip.source
        ok = StepRun("source", "ok", "decode", "1", None, {}, {}, 0.0)
        self._cache.save("source", source_key, Source, Stored(self._clip.source, ok))
        self._keys["source"] = source_key

    def _decode(self, missing: list[str]) -> None:
        clip = self._clip
        finder = shots.ShotFinder(self._settings.shots) if "shots" in missing else None
        detector = (
            people.PersonDetector(
                self._settings.detect,
                is_photo=clip.source.kind == "image",
                size_px=(clip.source.width_px, clip.source.height_px),
                describer=self._describer(),
                pixels=self._pixels if "persons" in self._wanted else None,
            )
            if "people" in missing
            else None
        )
        # First of the consumers: the decoder prepares the luma ahead in the size that was asked for last.
        scout = overlays.Scout(clip, self._settings.overlays) if "overlays" in self._wanted else None
        # It loads the detector while the decoder's process comes up.
        beside = None if detector is None else Beside(detector.process_frame, first=detector.prepare)
        broken: dict[str, Exception] = {}
        spent = dict.fromkeys(("scout", *_SCAN), 0.0)
        declared = clip.source.duration_declared_s or 0.0
        timeline = Timeline()
        try:
            threading.Thread(target=self._load_ahead, name="warm-up").start()
            for frame in clip.frames():
                timeline.add(frame.ref, is_key=frame.is_key)
                self._tell("frames", min(1.0, frame.ref.time_s / declared) if declared else 0.0)
                for name, consumer in (("scout", scout), ("shots", finder)):
                    if consumer is None or name in broken:
                        continue
                    began = time.perf_counter()
                    try:
                        consumer.process_frame(frame)
                    except Exception as error:  # one analyser's failure must not cost the other its frames
                        broken[name] = error
                    spent[name] += time.perf_counter() - began
                if beside is not None:
                    beside.put(frame)
        except BaseException:  # the clip took too long, or somebody pressed Ctrl-C
            if beside is not None:
                beside.stop()
            raise
        if beside is not None:
            spent["people"] = beside.finish()
            if beside.error is not None:
                broken["people"] = beside.error
        clip.known_timeline = timeline
        self._found.scouted = scout if "scout" not in broken else None
        self._found.views = detector.views if detector is not None else None
        source = clip.source
        end_pts = source.start_pts + round(source.duration_s / Fraction(source.time_base))
        finishers: dict[str, Callable[[], StepResult[Any]]] = {}
        results: dict[str, StepResult[Any]] = {}
        if finder is not None:
            finishers["shots"] = lambda: finder.finish(source.duration_s, end_pts)
        if detector is not None:
            finishers["people"] = detector.finish
        for name, finish in finishers.items():
            began = time.perf_counter()
            try:
                if name not in broken:
                    results[name] = finish()
            except Exception as error:
                broken[name] = error
            spent[name] += time.perf_counter() - began
        for name in finishers:
            step = next(s for s in STEPS if s.name == name)
            self._record(step, results.get(name), broken.get(name), spent[name])

    def _load_ahead(self) -> None:
        """Load what is needed after the pass: one thing after the other, since the pass needs the processors too."""
        if "overlays" in self._wanted:
            overlays.warm_up(self._settings.overlays)
        self._load_for_caller()

    def _load_for_caller(self) -> None:
        try:
            self._meanwhile()
        except Exception:  # the caller meets it again
            log.warning("what comes after the analysis could not be loaded ahead", exc_info=True)

    def _describer(self) -> camera.Describer | None:
        if "camera" not in self._wanted or self._clip.source.kind == "image":
            return None
        self._found.described = camera.Describer(self._clip.source.width_px)
        return self._found.described

    def steps(self) -> None:
        """Run the other steps, each when those that it builds on are done, side by side with what else can run.

        Steps that read the clip at the same time share decoding passes.
        """
        reading = SharedReading(self._clip)
        self._found.clip = SharedClip(self._clip, self._found.source, reading)
        waiting = [step for step in STEPS if step.run is not None]
        settled = set(_SCAN)
        ahead = LookAhead(self._found.clip, reading)
        done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        running: set[threading.Thread] = set()
        begun: list[threading.Thread] = []
        ended: _Done | None = None
        try:
            while waiting or running or begun:
                ready = [step for step in waiting if settled.issuperset((*step.needs, *step.uses, *step.after))]
                for step in ready:
                    waiting.remove(step)
                    if self._settle(step):
                        settled.add(step.name)
                        continue
                    self._tell(step.name, 0.0)
                    thread = threading.Thread(target=self._work, args=(step, reading, done), name=step.name)
                    if step.reads(self._found):
                        reading.enter(thread)
                    begun.append(thread)
                if any(step.name in settled for step in ready):
                    continue  # others may be ready now
                # Started together, so that the first does not begin a decoding pass before the last is there.
                for thread in begun:
                    running.add(thread)
                    thread.start()
                begun.clear()
                if ended is not None:  # only now, so that a pass waits for the steps that it made ready
                    reading.leave(ended.thread)
                ended = done.get()
                running.remove(ended.thread)
                self._record(ended.step, ended.result, ended.error, ended.seconds)
                settled.add(ended.step.name)
                if settled.issuperset(self._wanted - {LAST}):
                    ahead.begin(self.analysis(), self._found.views)
            if ended is not None:
                reading.leave(ended.thread)  # nobody waits for the last one
            ahead.end()
        finally:
            reading.stop()
            for thread in running:
                thread.join()
            ahead.end()

    def _work(self, step: Step, reading: SharedReading, done: queue.SimpleQueue[_Done]) -> None:
        """Run one step in its thread; what it waited for other steps' frames is not counted."""
        began = time.perf_counter()
        result, error = None, None
        try:
            assert step.run is not None
            result = step.run(self._found)
        except Exception as failure:
            error = failure
        me = threading.current_thread()
        done.put(_Done(step, me, result, error, time.perf_counter() - began - reading.waited_s(me)))

    def _settle(self, step: Step) -> bool:
        """Take a step from the cache, or record why it does not run; False where it has to run."""
        if step.name not in self._wanted:
            self._skip(step, NOT_ASKED)
            return True
        absent = [name for name in step.needs if name not in self._found.values]
        if absent:
            names = ", ".join(absent)
            self._skip(
                step,
                Words(f"memerlukan langkah yang tidak berhasil: {names}", f"needs what did not run: {names}"),
            )
            return True
        self._keys[step.name] = self._key(step, _model_hash(step.name))
        return self._load(step)

    def _key(self, step: Step, model: str) -> str:
        upstream = [self._keys.get(name, "") for name in (*step.needs, *step.uses)]
        if step.name in _SCAN:
            # Frames beyond these are left out.
            upstream += [str(self._settings.limits.max_duration_s), str(self._settings.limits.max_frames)]
        else:
            # A step that decodes frames by itself depends on how the source was read.
            upstream.append(self._keys.get("source", ""))
        name = self._clip.source.path if step.name == "clues" else ""  # file names carry times
        return key_of(
            version=step.version,
            settings=step.settings(self._settings),
            model=model,
            upstream=upstream,
            name=name,
        )

    def _load(self, step: Step) -> bool:
        stored = self._cache.load(step.name, self._keys[step.name], step.kind)
        if stored is None:
            return False
        self._found.values[step.name] = stored.value
        self._runs[step.name] = stored.run
        return True

    def _record(self, step: Step, result: StepResult[Any] | None, error: Exception | None, seconds: float) -> None:
        if result is None:
            assert error is not None
            if isinstance(error, VidcheckError) and error.exit_code != EXIT_UNEXPECTED and step.name in _SCAN:
                raise error  # a missing detector or an unusable clip is the user's to mend, not a finding
            log.warning("step %s failed", step.name, exc_info=error)
            self._fail(step, error, seconds)
            return
        run = StepRun(
            step.name,
            "ok",
            result.method,
            step.version,
            result.weights_sha256,
            _plain(step.settings(self._settings)),
            result.stats,
            round(seconds, 3),
        )
        self._found.values[step.name] = result.value
        self._runs[step.name] = run
        self._cache.save(step.name, self._keys[step.name], step.kind, Stored(result.value, run))

    def _fail(self, step: Step, error: Exception, seconds: float) -> None:
        self._keys[step.name] = "failed"  # what later steps find without it must not be taken for the whole
        if isinstance(error, NotPossible):
            self._skip(step, error.words)
            return
        said = error.message if isinstance(error, VidcheckError) else f"{type(error).__name__}: {error}"
        said = " ".join(said.split())[:300]
        settings = _plain(step.settings(self._settings))
        words = Words(f"gagal: {said}", f"failed: {said}")
        self._runs[step.name] = StepRun(
            step.name, "failed", "", step.version, None, settings, {}, round(seconds, 3), words
        )

    def _skip(self, step: Step, why: Words) -> None:
        settings = _plain(step.settings(self._settings))
        self._runs[step.name] = StepRun(step.name, "skipped", "", step.version, None, settings, {}, 0.0, why)

    def skip_the_rest(self) -> None:
        """Record of steps that did not run that nobody asked for them."""
        for step in STEPS:
            if step.name not in self._runs:
                self._skip(step, NOT_ASKED)

    def analysis(self) -> Analysis:
        """Put together what was found so far."""
        found, none = self._found, ()
        counts: Counts | None = found.get("counts", None)
        timed: Timing | None = found.get("time", None)
        sightings = found.get("people", None)
        return Analysis(
            schema_version=SCHEMA_VERSION,
            tool=tool_versions(),
            source=found.source,
            context=self._settings.time.context,
            shots=found.get("shots", none),
            detections=sightings.detections if sightings else none,
            tracks=found.get("tracks", none),
            persons=found.get("persons", none),
            people_count=counts.people if counts else None,
            clothing=found.get("clothing", none),
            clothing_counts=counts.clothing if counts else {},
            overlays=found.get("overlays", none),
            lighting=found.get("lighting", none),
            clues=found.get("clues", none),
            time_estimate=timed.estimate if timed else None,
            working_hours=timed.hours if timed else None,
            leads=found.get("leads", none),
            credentials=found.get("credentials", none),
            steps=tuple(self._runs[step.name] for step in STEPS if step.name in self._runs),
            traps=found.get("traps", none),
            people_count_unmarked=counts.unmarked if counts else None,
            enhancements=found.get("enhanced", none),
        )


def _with_needs(only: tuple[str, ...]) -> frozenset[str]:
    """Names of the steps to run: those asked for and what they need; all where none is asked for.

    What a step merely takes into account (``uses``) runs only where it is asked for too.
    """
    by_name = {step.name: step for step in STEPS}
    if unknown := set(only) - set(by_name):
        raise InputError(f"There is no step called {sorted(unknown)[0]!r}.", f"Steps: {', '.join(by_name)}.")
    wanted: set[str] = set()
    queue = list(only or by_name)
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += by_name[name].needs
    return frozenset(wanted)


def _model_hash(step: str) -> str:
    """Hash of the model that a step would load, so that another model is another key."""
    models = {
        "clothing": "clothing",
        "lighting": "lighting",
        "wall_clocks": "clock_face",
        "overlays": overlays.LOCATOR,
    }
    if step not in models:
        return ""
    from vidcheck import weights

    try:
        digest = weights.resolve(models[step]).sha256
    except VidcheckError:  # the step itself will say so
        digest = "missing"
    if step != "overlays":
        return digest
    # The network that reads comes with the engine's wheel, and OpenVINO alone runs the 8-bit one that locates.
    runs = "openvino" if importlib.util.find_spec("openvino") else "onnxruntime"
    return f"{digest} {importlib.metadata.version('rapidocr')} {runs}"


def settings_key(settings: Settings) -> str:
    """Return a hash over all that decides a result but the clip: steps, their versions, settings and models.

    Raises
    ------
    InputError
        Where ``settings.only`` names no step.
    ModelError
        Where the detector is missing or altered.
    """
    wanted = _with_needs(settings.only)
    detector = person_detectors.choose(settings.detect.model).sha256 if "people" in wanted else ""
    steps = [
        (step.name, step.version, _plain(step.settings(settings)), _model_hash(step.name))
        for step in STEPS
        if step.name in wanted
    ]
    return key_of(schema=SCHEMA_VERSION, steps=steps, detector=detector, limits=settings.limits)


def _plain(settings: object) -> JsonObject:
    if settings is None or not is_dataclass(settings) or isinstance(settings, type):
        return {}
    plain: JsonObject = json.loads(json.dumps(asdict(settings), default=str))
    return plain
