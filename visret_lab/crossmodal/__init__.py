"""Pictures and words: vectors of sentences, and spaces in which a sentence lies near its picture."""
