"""The table "video-cuts": hard cuts by our detectors and by PySceneDetect, on one film (chapter 22)."""

from visret_lab.tables.experiments.ch22_video_local import run_cuts as run

__all__ = ["run"]
