"""From the local descriptors of an image to one vector: visual words, VLAD, Fisher vectors, spatial pyramids."""
