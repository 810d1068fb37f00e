"""Generated data whose truth is known exactly."""
