"""Event files by TensorBoard's own writer, and what its own reader makes of them.

    python -m venv venv && venv/bin/pip install tensorboard
    venv/bin/python Tests/ReportsTests/Fixtures/make_events.py

Writes events/points.json and events/events.out.tfevents.1700000000.alphasweep. With a folder as argument it
reads that folder instead, and prints every curve that TensorBoard finds there.
"""

import json
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

POINTS = [
    # Steps of one, two and three bytes, the step and value 0, names beyond ASCII, floats that round.
    {"time": 1700000000.0, "step": 0, "tag": "loss", "value": 0.0},
    {"time": 1700000000.25, "step": 1, "tag": "loss", "value": 2.302585092994046},
    {"time": 1700000001.5, "step": 127, "tag": "loss", "value": 0.1},
    {"time": 1700000002.0, "step": 128, "tag": "dev accuracy", "value": 75.0},
    {"time": 1700000003.125, "step": 20000, "tag": "‖θ−θ₀‖ · α 0.25", "value": -1.5e-9},
    {"time": 1700000004.0, "step": 5000000000, "tag": "a" * 200, "value": 3.4e38},
]


def read(folder):
    for file in sorted({p.parent for p in Path(folder).rglob("*tfevents*")}):
        events = EventAccumulator(str(file), size_guidance={"scalars": 0})
        events.Reload()
        for tag in events.Tags()["scalars"]:
            points = [(e.step, round(e.value, 6), e.wall_time) for e in events.Scalars(tag)]
            print(f"{file.name}: {tag}: {len(points)} points, {points[0]} to {points[-1]}")


def main():
    folder = Path(__file__).parent / "events"
    folder.mkdir(exist_ok=True)
    (folder / "points.json").write_text(json.dumps(POINTS, indent=1, ensure_ascii=False) + "\n")
    path = folder / "events.out.tfevents.1700000000.alphasweep"
    with open(path, "wb") as file:
        writer = RecordWriter(file)
        writer.write(
            Event(wall_time=1700000000.0, file_version="brain.Event:2").SerializeToString())
        for p in POINTS:
            value = Summary.Value(tag=p["tag"], simple_value=p["value"])
            event = Event(wall_time=p["time"], step=p["step"], summary=Summary(value=[value]))
            writer.write(event.SerializeToString())
        writer.flush()
    events = EventAccumulator(str(folder))
    events.Reload()
    assert sorted(events.Tags()["scalars"]) == sorted({p["tag"] for p in POINTS})
    assert [e.step for e in events.Scalars("loss")] == [0, 1, 127]


read(sys.argv[1]) if len(sys.argv) > 1 else main()
