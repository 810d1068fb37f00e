"""The museum: paintings of several schools, techniques, times and types, with comments on what is seen and on who painted it."""

from visret_lab.worlds.museum.generate import MuseumConfig, generate

__all__ = ["MuseumConfig", "generate"]
