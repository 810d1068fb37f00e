"""Image-to-video retrieval: shots, tracks of local features, encoders of moments."""
