"""One vector a shot: networks that read the vectors of its frames."""
