"""Finding subjects by what they are called: folded names, their pinyin, and an index of both."""
