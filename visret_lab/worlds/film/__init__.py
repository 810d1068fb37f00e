"""Films: a camera in the town and its rooms, people with things they wear, cuts and dissolves; everything that is true is known."""

from visret_lab.worlds.film.script import FilmConfig, Script, write_script
from visret_lab.worlds.film.shoot import Studio, shoot

__all__ = ["FilmConfig", "Script", "Studio", "shoot", "write_script"]
