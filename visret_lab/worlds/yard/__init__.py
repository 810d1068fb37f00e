"""The yard: scenes of people, animals and things, five sentences each, phrases tied to boxes."""

from visret_lab.worlds.yard.generate import YardConfig, generate

__all__ = ["YardConfig", "generate"]
