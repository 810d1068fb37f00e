"""Where does a picture draw the eye? Maps from 0 to 1, one algorithm a file."""
