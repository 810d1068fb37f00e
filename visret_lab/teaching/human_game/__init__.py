"""The human game: ten paintings, one comment - which painting is it? Played in the page, against models that play the same rounds."""

from visret_lab.teaching.human_game.human_game import Round, human_game, human_game_html

__all__ = ["Round", "human_game", "human_game_html"]
