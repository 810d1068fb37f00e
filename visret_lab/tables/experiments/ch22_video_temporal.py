"""The table "video-temporal": one film by local features, by vectors of frames, and by vectors of shots (chapter 22)."""

from visret_lab.tables.experiments.ch22_video_local import run_temporal as run

__all__ = ["run"]
